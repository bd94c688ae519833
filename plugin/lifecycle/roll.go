package lifecycle

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// roll renews the pods whose template is not the current one: followers first, the leader last, after it has handed
// its leadership over, and no running one while any member is not healthy. The StatefulSet has OnDelete, because
// RollingUpdate is blind to roles and goes on past a broken member.
func (e Env) roll(ctx context.Context, name string) error {
	for {
		view, err := e.await(ctx, name, "waiting before the next member is restarted", e.canRenew)
		if err != nil {
			return err
		}
		more, err := e.renewNext(ctx, view)
		view.Close()
		if err != nil || !more {
			return err
		}
	}
}

// canRenew reports whether a step can be taken: nothing is outdated, or a pod that does not run is, or all are healthy.
func (e Env) canRenew(v *View) (bool, error) {
	if v.Cluster.StatefulSet.Status.ObservedGeneration < v.Cluster.StatefulSet.Generation {
		return false, nil // the controller has not yet computed the revision of the new template
	}
	old := outdated(v.Cluster)
	if len(old) == 0 || brokenFirst(old) != nil {
		return true, nil
	}
	if err := hopeless(v); err != nil {
		return false, err
	}
	return v.Status.Healthy, nil
}

// renewNext restarts the next outdated member; it reports whether there was one.
func (e Env) renewNext(ctx context.Context, v *View) (bool, error) {
	old := outdated(v.Cluster)
	if len(old) == 0 {
		return false, nil
	}
	next := brokenFirst(old)
	if next == nil {
		next = followerFirst(old, v.Status)
		if next.Name == v.Status.Leader && len(v.Status.Voters()) > 1 {
			target, err := e.moveLeader(ctx, v, "")
			if err != nil {
				return false, fmt.Errorf("move the leadership away from %q before its restart: %w", next.Name, err)
			}
			e.Progress.Step("moved the leadership from %s to %s", next.Name, target)
		}
	}
	e.Progress.Step("restart %s: its template has changed", next.Name)
	return true, deploy.DeletePod(ctx, e.Kube, next.Pod)
}

// outdated returns the members whose pod was made from another template than the current one.
func outdated(c *cluster.Cluster) []cluster.Member {
	var old []cluster.Member
	for _, m := range c.Members {
		if m.Pod != nil && m.Pod.DeletionTimestamp == nil &&
			m.Pod.Labels[appsv1.ControllerRevisionHashLabelKey] != c.StatefulSet.Status.UpdateRevision {
			old = append(old, m)
		}
	}
	return old
}

// brokenFirst returns an outdated member whose containers do not run. Renewing it costs nothing, and a new template
// may be just what it needs.
func brokenFirst(old []cluster.Member) *cluster.Member {
	for i := range old {
		if old[i].Trouble() != "" {
			return &old[i]
		}
	}
	return nil
}

func followerFirst(old []cluster.Member, s report.Status) *cluster.Member {
	for i := range old {
		if old[i].Name != s.Leader {
			return &old[i]
		}
	}
	return &old[0]
}

// MoveLeader hands the leadership to the named member, or to the best follower, and returns who leads then.
func (e Env) MoveLeader(ctx context.Context, name, target string) (report.Moved, error) {
	view, err := e.LookWhole(ctx, name)
	if err != nil {
		return report.Moved{}, err
	}
	defer view.Close()
	moved := report.Moved{Meta: report.NewMeta("MoveLeader"), Cluster: view.Cluster.Name, Namespace: e.Namespace, From: view.Status.Leader}
	moved.To, err = e.moveLeader(ctx, view, target)
	return moved, err
}

func (e Env) moveLeader(ctx context.Context, v *View, target string) (string, error) {
	if len(v.Cluster.Members) == 0 {
		return "", v.Cluster.NoneRuns()
	}
	to, err := etcd.MoveLeader(ctx, v.Members, v.Status, target)
	if err != nil && v.Status.Leader == "" {
		err = fmt.Errorf("%w (see %q)", err, v.Cluster.Command("status"))
	}
	return to, err
}
