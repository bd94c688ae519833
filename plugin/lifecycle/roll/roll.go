// Package roll restarts members one at a time, and moves the leadership.
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
	// Due returns the members to restart. known is false if that cannot be determined yet.
	Due func(context.Context, *lifecycle.View) (members []cluster.Member, known bool, err error)
}

// Outdated restarts the members whose pods have an old template. The StatefulSet's update strategy is OnDelete, because
// RollingUpdate ignores which member leads and continues past a broken member.
func Outdated(ctx context.Context, e lifecycle.Env) error {
	return Restart(ctx, e, Reason{"its template has changed", templateChanged})
}

// templateChanged returns the members whose pods have an old template.
func templateChanged(_ context.Context, v *lifecycle.View) ([]cluster.Member, bool, error) {
	members, known := v.Cluster.Outdated()
	return members, known, nil
}

// Restart restarts the members that r.Due returns, one at a time, until it returns none: first those whose containers do not run,
// then followers, then the leader after it has moved its leadership. It restarts a running member only while all members are
// healthy.
func Restart(ctx context.Context, e lifecycle.Env, r Reason) error {
	for {
		var due []cluster.Member
		view, err := e.Await(ctx, "waiting before the restart of the next member", func(v *lifecycle.View) (can bool, err error) {
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

// canRestart returns the members to restart, and whether Restart can go on: there are none, or one does not run, or all members
// are healthy.
func canRestart(ctx context.Context, v *lifecycle.View, r Reason) ([]cluster.Member, bool, error) {
	due, known, err := r.Due(ctx, v)
	if err != nil || !known {
		return nil, false, err
	}
	if len(due) == 0 || brokenFirst(due) != nil {
		return due, true, nil
	}
	if err := lifecycle.NeedsRemedy(v); err != nil {
		return nil, false, err
	}
	return due, v.Status.MembersHealthy(), nil
}

// restartNext restarts one of the members in due. If it leads, it moves the leadership first.
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

// brokenFirst returns a member whose containers do not run, or nil. Restarting it has no cost, and the new template may repair it.
func brokenFirst(old []cluster.Member) *cluster.Member {
	for i := range old {
		if old[i].PodProblem() != "" {
			return &old[i]
		}
	}
	return nil
}

// followerFirst returns a follower, or the leader if there is no other.
func followerFirst(old []cluster.Member, s report.Status) *cluster.Member {
	for i := range old {
		if old[i].Name != s.Leader {
			return &old[i]
		}
	}
	return &old[0]
}

// MoveLeader moves the leadership of the target to the named member, or for "" as HandOver does, and returns both leaders.
func MoveLeader(ctx context.Context, e lifecycle.Env, target string) (report.LeaderMove, error) {
	view, err := e.CompleteView(ctx)
	if err != nil {
		return report.LeaderMove{}, err
	}
	defer view.Close()
	moved := report.LeaderMove{Head: report.NewHead("MoveLeader", e.Target.Namespace, view.Cluster.Name), From: view.Status.Leader}
	moved.To, err = HandOver(ctx, view, target)
	return moved, err
}

// HandOver moves the leadership to target, or for "" to the healthy follower with the highest applied index, and returns the new
// leader.
func HandOver(ctx context.Context, v *lifecycle.View, target string) (string, error) {
	if len(v.Cluster.Members) == 0 {
		return "", v.Cluster.NoRunningMemberError()
	}
	to, err := etcd.MoveLeader(ctx, v.Members, v.Status, target)
	if err != nil && v.Status.Leader == "" {
		err = fmt.Errorf("%w (see %q)", err, v.Cluster.Command("status"))
	}
	return to, err
}
