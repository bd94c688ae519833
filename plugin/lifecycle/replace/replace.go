// Package replace gives a member a new volume and a new member ID. The seal admits only that member meanwhile.
package replace

import (
	"context"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// stage is the next step of a replacement. It is derived from the membership and the seal, and never stored.
type stage int

const (
	stageRemove  stage = iota // a voter, or a broken learner: remove it from the membership
	stageRenew                // not in the membership: delete its volume claim and pod, and add a learner
	stageAdmit                // added, not started: open the seal for it, and restart its pod
	stagePromote              // a learner that runs: promote it
	stageClose                // a voter, and the seal is open for it: close the seal
	stageDone
)

// replacement is one run of Member or Broken.
type replacement struct {
	lifecycle.Env
	member string
	force  bool
	begun  bool // this run has taken a step, so a healthy voter of that name is the new member
	lease  *deploy.Lease
}

// Member gives a member a new volume and a new member ID. It removes the member, deletes its volume claim and pod, adds it as a
// learner, opens the seal for it only, promotes it, closes the seal, and waits until all pods are Ready. It replaces a healthy
// member only with force. If it was killed at any step, the next run continues from the state of the cluster.
func Member(ctx context.Context, e lifecycle.Env, member string, force bool) (report.Status, error) {
	r := &replacement{Env: e, member: member, force: force}
	if err := e.InTurn(ctx, r.check); err != nil {
		return report.Status{}, err
	}
	var status report.Status
	err := r.Hold(ctx, "replace "+member, func(ctx context.Context, lease *deploy.Lease) (err error) {
		r.lease = lease
		status, err = r.run(ctx)
		return err
	})
	status.Operation = "" // the status was read while this operation was under way, and has it
	return status, err
}

// Broken is Member for a member that is not healthy, as a step of an operation that already holds the Lease.
func Broken(ctx context.Context, e lifecycle.Env, lease *deploy.Lease, member string) error {
	r := &replacement{Env: e, member: member, lease: lease}
	if _, err := r.check(ctx); err != nil {
		return err
	}
	_, err := r.run(ctx)
	return err
}

// run takes steps until none is left, and returns the status after all members are healthy and all pods Ready.
func (r *replacement) run(ctx context.Context) (report.Status, error) {
	for {
		done, err := r.step(ctx)
		if err != nil {
			return report.Status{}, err
		}
		if done {
			if _, err := r.WaitHealthy(ctx); err != nil {
				return report.Status{}, err
			}
			return r.WaitReady(ctx)
		}
	}
}

// check returns an error if the replacement is not allowed, before anything is changed or the Lease is taken. It returns the
// cluster with an error that is about its state (Env.InTurn).
func (r *replacement) check(ctx context.Context) (*cluster.Cluster, error) {
	view, err := r.CompleteView(ctx)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	r.Env = r.WithCluster(view.Cluster)
	if view.Cluster.Seal.State == cluster.SealNone {
		return nil, fmt.Errorf("cluster %q: %w", r.Target.Name, lifecycle.ErrNoSeal)
	}
	if _, found := view.Cluster.Member(r.member); !found {
		return nil, fmt.Errorf("cluster %q has no member %q (members: %s)", r.Target.Name, r.member, strings.Join(memberNames(view.Cluster), ", "))
	}
	return view.Cluster, r.allowed(view)
}

func memberNames(c *cluster.Cluster) []string {
	names := make([]string, len(c.Members))
	for i, m := range c.Members {
		names[i] = m.Name
	}
	return names
}

// allowed returns an error if the next step must not be taken in this state of the cluster.
func (r *replacement) allowed(v *lifecycle.View) error {
	if v.Status.SeveralClusters() {
		return fmt.Errorf("the pods of cluster %q belong to several etcd clusters (see %q)", r.Target.Name, v.Cluster.Command("status"))
	}
	others, need := 0, v.Status.Quorum.Need
	for _, m := range v.Status.Voters() {
		if m.Healthy && m.Name != r.member {
			others++
		}
	}
	if others < need {
		return fmt.Errorf("the other members of cluster %q have no quorum without %q: %d healthy, %d needed (bring another member back first; if their data is lost, restore the cluster from a snapshot)",
			r.Target.Name, r.member, others, need)
	}
	names, _ := membership(v.Status)
	if len(names) == 0 {
		return fmt.Errorf("the membership list of cluster %q could not be read (try again)", r.Target.Name)
	}
	if open := v.Cluster.Seal; open.State == cluster.SealOpen && open.Admits != r.member {
		return fmt.Errorf("the seal of cluster %q is open for %q: finish that replacement first (%s)", r.Target.Name, open.Admits, v.Cluster.Command("replace "+open.Admits))
	}
	m, _ := v.Status.Member(r.member)
	switch stage := r.stage(v); {
	case stage == stageRemove && m.Healthy && !r.force:
		return fmt.Errorf("member %q is healthy (to replace it anyway, use --force)", r.member)
	case stage == stageRenew && len(v.Status.Voters())%2 == 1 && !r.begun && !r.force:
		return fmt.Errorf("%q is not a member of cluster %q, and would make it a cluster of %d members instead of %d: that size survives no more failures than the present one (scale the StatefulSet back, or use --force)",
			r.member, r.Target.Name, len(names)+1, len(names))
	}
	return nil
}

// stage derives the next step from the state of the cluster.
func (r *replacement) stage(v *lifecycle.View) stage {
	m, found := v.Status.Member(r.member)
	member, _ := v.Cluster.Member(r.member)
	serves := m.Healthy || member.PodProblem() == "" // a member whose pod runs gets the time to become healthy
	open := v.Cluster.Seal.State == cluster.SealOpen && v.Cluster.Seal.Admits == r.member
	switch {
	case !found || m.ID == "":
		return stageRenew
	case !m.Started:
		return stageAdmit
	case m.Role == report.Learner && serves:
		return stagePromote
	case m.Role != report.Learner && open && serves:
		return stageClose
	case m.Role != report.Learner && r.begun:
		return stageDone
	}
	return stageRemove
}

// step reads the state of the cluster and takes the next step. It reports true if none is left.
func (r *replacement) step(ctx context.Context) (bool, error) {
	view, err := r.CompleteView(ctx)
	if err != nil {
		return false, err
	}
	defer view.Close()
	now := r.stage(view)
	if now < stageClose {
		if err := r.allowed(view); err != nil {
			return false, err
		}
	}
	switch now {
	case stageRemove:
		return false, r.remove(ctx, view)
	case stageRenew:
		return false, r.renew(ctx, view)
	case stageAdmit:
		return false, r.admit(ctx, view)
	case stagePromote:
		return false, r.promote(ctx, view)
	case stageClose:
		return false, r.close(ctx)
	}
	return true, nil
}
