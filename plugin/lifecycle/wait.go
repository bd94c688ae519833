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

// LookEvery is the pause between two looks at a cluster on its way.
const LookEvery = 500 * time.Millisecond

// Await looks at the cluster until done says so or fails, and returns the view that done took: the caller closes it. While
// it waits it shows what each pod waits for; where the context ends, the error has it.
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
		if ctx.Err() == nil { // a look that was cut off would blame members that are well
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

// waitingLines says what the pods wait for, and what the members whose pods run still lack.
func waitingLines(v *View) []string {
	lines := deploy.Waiting(v.Cluster)
	for _, m := range v.Status.Members {
		known, _ := v.Cluster.Member(m.Name)
		if m.Error != "" && known.Trouble() == "" {
			lines = append(lines, m.Name+": "+m.Error)
		}
	}
	return lines
}

// WaitHealthy waits until every member that the StatefulSet asks for is a healthy voter, and returns the status then.
func (e Env) WaitHealthy(ctx context.Context) (report.Status, error) {
	view, err := e.Await(ctx, "waiting until every member is a healthy voter", func(v *View) (bool, error) {
		if err := Hopeless(v); err != nil {
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

// Settle waits until every member is a healthy voter in a pod that is Ready.
func (e Env) Settle(ctx context.Context) error {
	if _, err := e.WaitHealthy(ctx); err != nil {
		return err
	}
	_, err := e.WaitReady(ctx)
	return err
}

// WaitReady waits until the pods of members that are healthy are Ready, too: before that no Service sends clients to
// them, and whoever goes on with one after "up" would find nobody there.
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

// ready reports whether every pod is Ready. None can be while etcd's alarm CORRUPT stands, which fails the readiness probe of
// every member (server/etcdserver/api/etcdhttp/health.go), and that is disarmed when those that differ have been replaced.
func ready(v *View) bool {
	return v.Status.Raised(pb.AlarmType_CORRUPT.String()) || !slices.ContainsFunc(v.Cluster.Members, func(m cluster.Member) bool { return !cluster.Ready(m.Pod) })
}

// HealthyVoters reports whether all members that the StatefulSet asks for, and no others, are healthy voters.
func HealthyVoters(v *View) bool {
	return v.Status.MembersHealthy() && len(v.Status.Voters()) == len(v.Status.Members) && len(v.Status.Members) == v.Cluster.Replicas()
}

// Hopeless returns an error where waiting cannot help: a member becomes a healthy voter by somebody's remedy alone.
func Hopeless(v *View) error {
	for _, w := range v.Status.Warnings {
		if w.Member != "" {
			return fmt.Errorf("%s (%s)", w.Message, strings.ReplaceAll(w.Remedy, "\n", "; "))
		}
	}
	return nil
}

// Stuck returns the error of a wait that has ended with err: what was waited for, and below it a line for each pod or object
// that was not there yet.
func Stuck(what string, lines []string, err error) error {
	if len(lines) == 0 {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w\n  %s", what, err, strings.Join(lines, "\n  "))
}
