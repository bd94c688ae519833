package lifecycle

import (
	"context"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Find returns the target as it is now, with all that Kubernetes knows of its state; etcd is not asked.
func (e Env) Find(ctx context.Context) (*cluster.Cluster, error) {
	return cluster.Find(ctx, e.Kube, e.Target)
}

// Of returns e with c as its target, by the name under which c was found: what else is in the namespace, then or later,
// does not make it ambiguous any more.
func (e Env) Of(c *cluster.Cluster) Env {
	e.Target.Name = c.Name
	return e
}

// Resolve returns e with the name of its cluster settled: the given one, or that of the only cluster of the namespace,
// running or left by "down", or otherwise fallback. It may be given as statefulset/NAME.
func (e Env) Resolve(ctx context.Context, fallback string) (Env, error) {
	var err error
	e.Target.Name, err = e.resolve(ctx, fallback)
	return e, err
}

func (e Env) resolve(ctx context.Context, fallback string) (string, error) {
	if e.Target.Name != "" {
		return cluster.OwnName(e.Target.Name)
	}
	names, err := cluster.Names(ctx, e.Kube, e.Target.Namespace, "")
	if err != nil {
		return "", err
	}
	left, err := cluster.Left(ctx, e.Kube, e.Target.Namespace)
	if err != nil {
		return "", err
	}
	candidates := slices.Concat(names, left)
	slices.Sort(candidates)
	candidates = slices.Compact(candidates)
	switch {
	case len(candidates) == 1:
		return candidates[0], nil
	case len(candidates) > 1:
		return "", &cluster.AmbiguousError{Namespace: e.Target.Namespace, Candidates: candidates}
	case fallback == "":
		return "", &cluster.NotFoundError{Namespace: e.Target.Namespace}
	}
	return fallback, nil
}
