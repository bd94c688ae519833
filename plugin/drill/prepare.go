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

// prepare refuses a cluster that a fault would hurt, and asks before anything is written.
func (r *run) prepare(ctx context.Context) error {
	s := r.view.Status
	if bar := s.Bar(); bar != "" {
		return fmt.Errorf("what a drill does to etcd cluster %s/%s could not be judged: %s", s.Namespace, s.Cluster, bar)
	}
	if !s.MembersHealthy() {
		return fmt.Errorf("etcd cluster %s/%s is not healthy, and a drill would make it worse (see %q)",
			s.Namespace, s.Cluster, r.view.Cluster.Command("status"))
	}
	if s.WritesRefused {
		return fmt.Errorf("etcd cluster %s/%s refuses writes for an alarm (%s), and a drill takes some (see %q)",
			s.Namespace, s.Cluster, s.AlarmText(), r.view.Cluster.Command("status"))
	}
	if err := r.notTheControlPlane(ctx); err != nil {
		return err
	}
	plan, err := r.aim(ctx)
	if err != nil || plan == r.agreed {
		return err
	}
	r.agreed = plan
	return r.options.Confirm(plan)
}

// check looks and prepares before the Lease is taken. It returns the cluster where its state is the reason for a refusal, which
// may be another operation's doing. Who was asked, and said no, has refused whatever that one does.
func (r *run) check(ctx context.Context) (*cluster.Cluster, error) {
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	err := r.prepare(ctx)
	if r.agreed != "" {
		return nil, err
	}
	return r.view.Cluster, err
}

// again looks and aims once more, now that nobody else may act on the cluster: while a person was asked, or the Lease was
// waited for, another member may have been elected. Where that changes the plan it is to be agreed to again.
func (r *run) again(ctx context.Context) error {
	if err := r.look(ctx); err != nil {
		return err
	}
	return r.prepare(ctx)
}

// look makes the cluster as it is now the one in view. The view before is kept where it fails.
func (r *run) look(ctx context.Context) error {
	view, err := r.env.CompleteView(ctx)
	if err != nil {
		return err
	}
	r.close()
	r.view, r.env = view, r.env.Of(view.Cluster)
	return nil
}

// close ends the connections of the view, if there is one.
func (r *run) close() {
	if r.view != nil {
		r.view.Close()
	}
}

// ready lets the fault make its targets fit to be hit, and looks and aims again where it changed anything: each member
// may need it.
func (r *run) ready(ctx context.Context) error {
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
		if err := r.again(ctx); err != nil {
			return err
		}
	}
	return nil
}

// aim picks the targets on the present look at the cluster, asks whether they could be hit, and begins the record.
func (r *run) aim(ctx context.Context) (plan string, err error) {
	s := r.view.Status
	targets, plan, err := r.fault.Aim(s)
	if err != nil {
		return "", err
	}
	r.scene = &fault.Scene{
		Env: r.env, View: r.view, Lease: r.lease, Targets: targets, For: r.options.length(r.fault), Image: r.options.Image,
		Event: r.event, EventAt: r.eventAt, Struck: r.struck, Left: r.left, Until: r.untilHealthy,
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

// untilHealthy waits until every member is well in the midst of a fault.
func (r *run) untilHealthy(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, r.options.Budgets.Recovery,
		fmt.Errorf("the members were not all healthy again within %s, so the fault was not carried on", r.options.Budgets.Recovery))
	defer cancel()
	return r.env.Settle(limited)
}

// notTheControlPlane refuses the etcd of a Kubernetes: with its quorum the API server goes, and with that the way back.
func (r *run) notTheControlPlane(ctx context.Context) error {
	c := r.view.Cluster
	var why string
	switch {
	case r.options.ControlPlane:
		return nil
	case c.Owner.Kind == cluster.OwnerNode:
		why = "its pods are static"
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
			return fmt.Errorf("look whether a Kubernetes keeps its objects in etcd cluster %s/%s: %w (--i-know-this-is-the-control-plane goes on without that look)",
				c.Namespace, c.Name, err)
		case !has:
			return nil
		}
		why = `it has keys below "/registry/"`
	}
	return fmt.Errorf("etcd cluster %s/%s looks like the control plane's of a Kubernetes: %s (--i-know-this-is-the-control-plane drills it all the same)",
		c.Namespace, c.Name, why)
}
