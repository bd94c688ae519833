package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// LookEvery is the interval at which a wait reads the cluster's state.
const LookEvery = 500 * time.Millisecond

// Await reads the cluster's state every LookEvery until done returns true or an error. It returns the view for which done was
// true; the caller closes it. While it waits it shows what each pod waits for. If ctx ends, the error has those lines.
func (e Env) Await(ctx context.Context, what string, done func(*View) (bool, error)) (*View, error) {
	tick := time.NewTicker(LookEvery)
	defer tick.Stop()
	var lines []string
	defer e.Progress.Live()
	for {
		view, err := e.View(ctx)
		if err != nil {
			return nil, Stuck(what, lines, err)
		}
		finished, err := done(view)
		if finished || err != nil {
			if err != nil {
				view.Close()
				return nil, err
			}
			return view, nil
		}
		if ctx.Err() == nil { // an interrupted view would blame members that are healthy
			lines = waitingLines(view)
			e.Progress.Live(lines...)
		}
		view.Close()
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil, Stuck(what, lines, context.Cause(ctx))
		}
	}
}

// waitingLines returns a line for each pod that is not Ready, and for each error of a member whose pod runs.
func waitingLines(v *View) []string {
	lines := deploy.Waiting(v.Cluster)
	for _, m := range v.Status.Members {
		known, _ := v.Cluster.Member(m.Name)
		if m.Error != "" && known.PodProblem() == "" {
			lines = append(lines, m.Name+": "+m.Error)
		}
	}
	return lines
}

// WaitHealthy waits until every replica of the StatefulSet is a healthy voter, and returns that status. It returns an error at
// once if waiting cannot help (NeedsRemedy).
func (e Env) WaitHealthy(ctx context.Context) (report.Status, error) {
	view, err := e.Await(ctx, "waiting until every member is a healthy voter", func(v *View) (bool, error) {
		if err := NeedsRemedy(v); err != nil {
			return false, err
		}
		return HealthyVoters(v), nil
	})
	if err != nil {
		return report.Status{}, err
	}
	defer view.Close()
	return view.Status, nil
}

// WaitHealthyAndReady waits until every member is a healthy voter and every pod is Ready.
func (e Env) WaitHealthyAndReady(ctx context.Context) error {
	if _, err := e.WaitHealthy(ctx); err != nil {
		return err
	}
	_, err := e.WaitReady(ctx)
	return err
}

// WaitReady waits until every pod is Ready, for members that are healthy already. Before that a Service has no endpoints, and a
// client that connects right after "up" would fail.
func (e Env) WaitReady(ctx context.Context) (report.Status, error) {
	view, err := e.Await(ctx, "waiting until every pod is Ready", func(v *View) (bool, error) {
		return ready(v), nil
	})
	if err != nil {
		return report.Status{}, err
	}
	defer view.Close()
	return view.Status, nil
}

// ready reports whether every pod is Ready, or etcd's alarm CORRUPT is raised. That alarm fails the readiness probe of every
// member (server/etcdserver/api/etcdhttp/health.go), and is disarmed only after the members that differ have been replaced.
func ready(v *View) bool {
	return v.Status.Raised(pb.AlarmType_CORRUPT.String()) || !slices.ContainsFunc(v.Cluster.Members, func(m cluster.Member) bool { return !cluster.Ready(m.Pod) })
}

// HealthyVoters reports whether all replicas of the StatefulSet, and no other members, are healthy voters.
func HealthyVoters(v *View) bool {
	return v.Status.MembersHealthy() && len(v.Status.Voters()) == len(v.Status.Members) && len(v.Status.Members) == v.Cluster.Replicas()
}

// NeedsRemedy returns an error if waiting cannot help, because a warning names a member that needs a remedy.
func NeedsRemedy(v *View) error {
	for _, w := range v.Status.Warnings {
		if w.Member != "" {
			return fmt.Errorf("%s (%s)", w.Message, strings.ReplaceAll(w.Remedy, "\n", "; "))
		}
	}
	return nil
}

// Stuck returns the error of a wait that has ended with err. what says what the wait was for; lines has a line for each pod or
// object that was not ready.
func Stuck(what string, lines []string, err error) error {
	if len(lines) == 0 {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w\n  %s", what, err, strings.Join(lines, "\n  "))
}
