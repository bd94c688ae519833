// Package roll restarts members one at a time, and hands the leadership from one to another.
package roll

import (
	"context"
	"fmt"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Reason is a reason to restart members, one at a time.
type Reason struct {
	Why string
	// Due returns the members that it concerns, and whether that can be told yet.
	Due func(context.Context, *lifecycle.View) (members []cluster.Member, known bool, err error)
}

// Outdated renews the pods whose template is not the current one. The StatefulSet has OnDelete, because RollingUpdate is
// blind to roles and goes on past a broken member.
func Outdated(ctx context.Context, e lifecycle.Env) error {
	return Restart(ctx, e, Reason{"its template has changed", templateChanged})
}

// templateChanged returns the members whose pod was made from another template than the current one.
func templateChanged(_ context.Context, v *lifecycle.View) ([]cluster.Member, bool, error) {
	members, known := v.Cluster.Outdated()
	return members, known, nil
}

// Restart restarts the members that are due: followers first, the leader last, after it has handed its leadership
// over, and no running one while any member is not healthy.
func Restart(ctx context.Context, e lifecycle.Env, r Reason) error {
	for {
		var due []cluster.Member
		view, err := e.Await(ctx, "waiting before the next member is restarted", func(v *lifecycle.View) (can bool, err error) {
			due, can, err = canRestart(ctx, v, r)
			return can, err
		})
		if err != nil {
			return err
		}
		if len(due) > 0 {
			err = restartNext(ctx, e, view, due, r.Why)
		}
		view.Close()
		if err != nil || len(due) == 0 {
			return err
		}
	}
}

// canRestart reports whether a step can be taken: nobody is due, or a pod that does not run is, or all are healthy.
func canRestart(ctx context.Context, v *lifecycle.View, r Reason) ([]cluster.Member, bool, error) {
	due, known, err := r.Due(ctx, v)
	if err != nil || !known {
		return nil, false, err
	}
	if len(due) == 0 || brokenFirst(due) != nil {
		return due, true, nil
	}
	if err := lifecycle.Hopeless(v); err != nil {
		return nil, false, err
	}
	return due, v.Status.MembersHealthy(), nil
}

// restartNext restarts the next of the members that are due.
func restartNext(ctx context.Context, e lifecycle.Env, v *lifecycle.View, due []cluster.Member, why string) error {
	next := brokenFirst(due)
	if next == nil {
		next = followerFirst(due, v.Status)
		if next.Name == v.Status.Leader && len(v.Status.Voters()) > 1 {
			target, err := HandOver(ctx, v, "")
			if err != nil {
				return fmt.Errorf("move the leadership away from %q before its restart: %w", next.Name, err)
			}
			e.Progress.Step("moved the leadership from %s to %s", next.Name, target)
		}
	}
	e.Progress.Step("restart %s: %s", next.Name, why)
	return deploy.DeletePod(ctx, e.Kube, next.Pod)
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
func MoveLeader(ctx context.Context, e lifecycle.Env, target string) (report.Moved, error) {
	view, err := e.CompleteView(ctx)
	if err != nil {
		return report.Moved{}, err
	}
	defer view.Close()
	moved := report.Moved{Head: report.NewHead("MoveLeader", e.Target.Namespace, view.Cluster.Name), From: view.Status.Leader}
	moved.To, err = HandOver(ctx, view, target)
	return moved, err
}

// HandOver moves the leadership to target, or without one to the healthy follower whose log is the furthest, and returns the new
// leader.
func HandOver(ctx context.Context, v *lifecycle.View, target string) (string, error) {
	if len(v.Cluster.Members) == 0 {
		return "", v.Cluster.NoneRuns()
	}
	to, err := etcd.MoveLeader(ctx, v.Members, v.Status, target)
	if err != nil && v.Status.Leader == "" {
		err = fmt.Errorf("%w (see %q)", err, v.Cluster.Command("status"))
	}
	return to, err
}
