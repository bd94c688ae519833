package lifecycle

import (
	"context"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Find returns the target with its whole state in Kubernetes now. It sends no request to etcd.
func (e Env) Find(ctx context.Context) (*cluster.Cluster, error) {
	return cluster.Find(ctx, e.Kube, e.Target)
}

// WithCluster returns e with c as its target by name, so that other clusters in the namespace do not make it ambiguous.
func (e Env) WithCluster(c *cluster.Cluster) Env {
	e.Target.Name = c.Name
	return e
}

// Resolve returns e with the cluster's name as its target: the given one, which may be statefulset/NAME, or else that of the
// namespace's only cluster, which runs or was left by "down", or else fallback. It returns a *cluster.AmbiguousError if the
// namespace has several clusters, and a *cluster.NotFoundError if it has none and fallback is "".
func (e Env) Resolve(ctx context.Context, fallback string) (Env, error) {
	var err error
	e.Target.Name, err = e.resolve(ctx, fallback)
	return e, err
}

func (e Env) resolve(ctx context.Context, fallback string) (string, error) {
	if e.Target.Name != "" {
		return cluster.StatefulSetName(e.Target.Name)
	}
	names, err := cluster.Names(ctx, e.Kube, e.Target.Namespace, "")
	if err != nil {
		return "", err
	}
	left, err := cluster.RemovedWithData(ctx, e.Kube, e.Target.Namespace)
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
