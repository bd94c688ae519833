package drill

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// prepare refuses a cluster that the fault would harm, chooses the targets, and has the user confirm the plan.
func (r *run) prepare(ctx context.Context) error {
	s := r.view.Status
	if bar := s.AccessError(); bar != "" {
		return fmt.Errorf("the effect of a drill on etcd cluster %s/%s could not be judged: %s", s.Namespace, s.Cluster, bar)
	}
	if !s.MembersHealthy() {
		return fmt.Errorf("etcd cluster %s/%s is not healthy, and a drill would make it worse (see %q)",
			s.Namespace, s.Cluster, r.view.Cluster.Command("status"))
	}
	if s.WritesRefused {
		return fmt.Errorf("etcd cluster %s/%s refuses writes because of an alarm (%s), and a drill needs writes (see %q)",
			s.Namespace, s.Cluster, s.AlarmText(), r.view.Cluster.Command("status"))
	}
	if err := r.refuseControlPlane(ctx); err != nil {
		return err
	}
	plan, err := r.aim(ctx)
	if err != nil || plan == r.confirmedPlan {
		return err
	}
	r.confirmedPlan = plan
	return r.options.Confirm(plan)
}

// check checks the cluster before the Lease is acquired. If the cluster's state is the reason for a refusal it returns
// the cluster, because another operation may have caused that state. If the user declined, another operation does not
// matter.
func (r *run) check(ctx context.Context) (*cluster.Cluster, error) {
	if err := r.refreshView(ctx); err != nil {
		return nil, err
	}
	err := r.prepare(ctx)
	if r.confirmedPlan != "" {
		return nil, err
	}
	return r.view.Cluster, err
}

// recheck reads the cluster and chooses targets again, now that the Lease is held: while the user confirmed or the
// Lease was awaited, another member may have been elected. If the plan changes, the user confirms it again.
func (r *run) recheck(ctx context.Context) error {
	if err := r.refreshView(ctx); err != nil {
		return err
	}
	return r.prepare(ctx)
}

// refreshView replaces the view by a new one. It keeps the old view on an error.
func (r *run) refreshView(ctx context.Context) error {
	view, err := r.env.CompleteView(ctx)
	if err != nil {
		return err
	}
	r.close()
	r.view, r.env = view, r.env.WithCluster(view.Cluster)
	return nil
}

// close closes the connections of the view.
func (r *run) close() {
	if r.view != nil {
		r.view.Close()
	}
}

// prepareTargets calls the fault's Ready until it changes nothing more, and rechecks after each change: every member
// may need it once.
func (r *run) prepareTargets(ctx context.Context) error {
	if r.fault.Ready == nil {
		return nil
	}
	for range r.view.Members {
		limited, cancel := context.WithTimeout(ctx, r.options.Budgets.Recovery)
		changed, err := r.fault.Ready(limited, r.scene)
		cancel()
		if err != nil || !changed {
			return err
		}
		if err := r.recheck(ctx); err != nil {
			return err
		}
	}
	return nil
}

// aim chooses the targets in the current view, checks that the fault can be injected, and begins the record. It returns
// the plan.
func (r *run) aim(ctx context.Context) (plan string, err error) {
	s := r.view.Status
	targets, plan, err := r.fault.Aim(s)
	if err != nil {
		return "", err
	}
	r.scene = &fault.Scene{
		Env: r.env, View: r.view, Lease: r.lease, Targets: targets, For: r.options.length(r.fault), Image: r.options.Image,
		Event: r.event, EventAt: r.eventAt, Struck: r.struck, Left: r.addLeft, Until: r.untilHealthy,
	}
	r.record = history.Record{
		Head: report.NewHead("DrillHistory", s.Namespace, s.Cluster), Began: time.Now(),
		Fault: r.fault.Name, Struck: strings.ReplaceAll(r.fault.Struck, "{}", strings.Join(targets, " and ")), Targets: targets, Expect: r.fault.Expect,
		Rate: r.options.Rate, Clients: r.options.Clients, Budgets: r.options.Budgets, Before: s, PodsBefore: pods(r.view),
	}
	if r.record.Clients == 0 {
		r.record.Clients = len(r.view.Members)
	}
	return plan, r.fault.Check(ctx, r.scene)
}

// untilHealthy waits, between the steps of a fault, until every member is healthy.
func (r *run) untilHealthy(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, r.options.Budgets.Recovery,
		fmt.Errorf("not all members became healthy again within %s, so the drill stopped the fault", r.options.Budgets.Recovery))
	defer cancel()
	return r.env.WaitHealthyAndReady(limited)
}

// refuseControlPlane refuses the etcd of a Kubernetes control plane: without its quorum the API server stops, and the
// drill could not clean up.
func (r *run) refuseControlPlane(ctx context.Context) error {
	c := r.view.Cluster
	var why string
	switch {
	case r.options.ControlPlane:
		return nil
	case c.Owner.Kind == cluster.OwnerNode:
		why = "its pods are static pods"
	case c.Namespace == "kube-system" || strings.HasPrefix(c.Namespace, "openshift-"):
		why = fmt.Sprintf("it is in namespace %q", c.Namespace)
	default:
		client, err := r.view.Conn.All()
		if err != nil {
			return err
		}
		has, err := etcd.HasPrefix(ctx, client, "/registry/")
		switch {
		case err != nil:
			return fmt.Errorf("check whether a Kubernetes API server stores its objects in etcd cluster %s/%s: %w (--i-know-this-is-the-control-plane skips that check)",
				c.Namespace, c.Name, err)
		case !has:
			return nil
		}
		why = `it has keys below "/registry/"`
	}
	return fmt.Errorf("etcd cluster %s/%s appears to be the etcd of a Kubernetes control plane: %s (to drill it anyway, use --i-know-this-is-the-control-plane)",
		c.Namespace, c.Name, why)
}
