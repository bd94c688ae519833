package replace

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/roll"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// remove removes the member from the membership. If it leads, it moves the leadership first.
func (r *replacement) remove(ctx context.Context, v *lifecycle.View) error {
	m, _ := v.Status.Member(r.member)
	if v.Status.Leader == r.member {
		if _, err := roll.HandOver(ctx, v, ""); err != nil {
			return err
		}
	}
	if err := r.recordStep(ctx, "remove %s (%s) from the membership", r.member, m.ID); err != nil {
		return err
	}
	clients, err := r.survivors(v)
	if err != nil {
		return err
	}
	if err := etcd.RemoveMember(ctx, clients, m.ID); err != nil {
		return fmt.Errorf("remove member %q: %w", r.member, err)
	}
	r.begun = true
	return nil
}

// renew deletes the volume claim and the pod, which the StatefulSet creates again, and then adds the learner. In this order a
// learner that has not started is known to have a new volume.
func (r *replacement) renew(ctx context.Context, v *lifecycle.View) error {
	r.begun = true
	peerURL, err := peerURL(v, r.member)
	if err != nil {
		return err
	}
	clients, err := r.survivors(v)
	if err != nil {
		return err
	}
	claim := v.Cluster.ClaimName(r.member)
	belongings, err := deploy.FindBelongings(ctx, r.Kube, r.Target.Namespace, r.member, claim)
	if err != nil {
		return err
	}
	// The volume may be deleted only if the member is not in the membership. This asks with a linearizable request, because
	// the view came from single members' stores. The claim and the pod were read before it: those that another run creates
	// after the answer have other UIDs.
	if member, err := etcd.IsMember(ctx, clients[0], peerURL); err != nil || member {
		return err // the view was out of date: the next step reads it again
	}
	if err := r.recordStep(ctx, "delete the volume claim %s and the pod %s", claim, r.member); err != nil {
		return err
	}
	r.Progress.Live("waiting until they are gone")
	err = deploy.DeleteBelongings(ctx, r.Kube, r.Target.Namespace, belongings)
	r.Progress.Live()
	if err != nil {
		return fmt.Errorf("renew the volume of member %q: %w", r.member, err)
	}
	if err := r.recordStep(ctx, "add %s as a learner", r.member); err != nil {
		return err
	}
	if err := etcd.AddLearner(ctx, clients, peerURL); err != nil {
		return fmt.Errorf("add member %q as a learner: %w", r.member, err)
	}
	return nil
}

// admit opens the seal for the learner and waits until it serves.
func (r *replacement) admit(ctx context.Context, v *lifecycle.View) error {
	r.begun = true
	names, peers := membership(v.Status)
	if err := r.recordStep(ctx, "open the seal for %s only", r.member); err != nil {
		return err
	}
	if err := deploy.WriteSeal(ctx, r.Kube, r.Target.Namespace, r.Target.Name, v.Cluster.SealConfig, cluster.OpenData(r.member, names, peers)); err != nil {
		return err
	}
	// The container may be in its crash back-off, or have the old values of the seal: a new pod reads the open seal at once.
	if m, _ := v.Cluster.Member(r.member); m.Pod != nil && m.Pod.Spec.NodeName != "" {
		if err := deploy.DeletePod(ctx, r.Kube, m.Pod); err != nil {
			return fmt.Errorf("restart pod %q: %w", r.member, err)
		}
	}
	view, err := r.Await(ctx, fmt.Sprintf("waiting until %s has started as a learner", r.member), func(v *lifecycle.View) (bool, error) {
		return r.stage(v) == stagePromote, nil
	})
	if err != nil {
		return err
	}
	view.Close()
	return nil
}

// promote promotes the learner to a voter, and retries until it has caught up.
func (r *replacement) promote(ctx context.Context, v *lifecycle.View) error {
	r.begun = true
	m, _ := v.Status.Member(r.member)
	clients, err := r.survivors(v)
	if err != nil {
		return err
	}
	if err := r.recordStep(ctx, "promote %s to a voter, once it has caught up", r.member); err != nil {
		return err
	}
	if err := etcd.Promote(ctx, clients, m.ID); err != nil {
		return fmt.Errorf("promote member %q: %w", r.member, err)
	}
	return nil
}

// close waits until the promoted member is a healthy voter, and closes the seal.
func (r *replacement) close(ctx context.Context) error {
	r.begun = true
	view, err := r.Await(ctx, fmt.Sprintf("waiting until %s is a healthy voter", r.member), func(v *lifecycle.View) (bool, error) {
		m, _ := v.Status.Member(r.member)
		return m.Healthy && m.Role != report.Learner, nil
	})
	if err != nil {
		return err
	}
	view.Close()
	if err := r.recordStep(ctx, "close the seal"); err != nil {
		return err
	}
	return deploy.WriteSeal(ctx, r.Kube, r.Target.Namespace, r.Target.Name, view.Cluster.SealConfig, cluster.SealedData())
}

// recordStep records a step in the Lease and shows it. It returns an error if the step must not be taken because the Lease is
// lost. It checks the Lease again at the end, because the process may have been stalled meanwhile.
func (r *replacement) recordStep(ctx context.Context, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	step := "replace " + r.member + ": " + text
	if err := r.lease.Step(ctx, step); err != nil {
		return err
	}
	r.Progress.Step("%s", text)
	return r.lease.Step(ctx, step)
}

// survivors returns the clients of the other healthy voters, that of the leader first.
func (r *replacement) survivors(v *lifecycle.View) ([]*clientv3.Client, error) {
	var clients []*clientv3.Client
	for _, m := range v.Status.Voters() {
		member, found := v.Member(m.Name)
		switch {
		case !found || member.Client == nil || !m.Healthy || m.Name == r.member:
		case m.Name == v.Status.Leader:
			clients = slices.Insert(clients, 0, member.Client)
		default:
			clients = append(clients, member.Client)
		}
	}
	if len(clients) == 0 {
		return nil, fmt.Errorf("no other member of cluster %q answers", r.Target.Name)
	}
	return clients, nil
}

// membership returns the names of all members, sorted, and their peer URLs by name.
func membership(s report.Status) ([]string, map[string]string) {
	peers := map[string]string{}
	var names []string
	for _, m := range s.Members {
		if m.ID != "" && len(m.PeerURLs) > 0 {
			names = append(names, m.Name)
			peers[m.Name] = m.PeerURLs[0]
		}
	}
	slices.Sort(names)
	return names, peers
}

// peerURL returns the peer URL that a member's pod advertises, derived from that of another member by its name. The membership
// must have the same string, or etcd resolves both and compares addresses.
func peerURL(v *lifecycle.View, member string) (string, error) {
	for _, m := range v.Status.Members {
		if m.Name == member || len(m.PeerURLs) == 0 {
			continue
		}
		u, err := url.Parse(m.PeerURLs[0])
		if err != nil {
			return "", fmt.Errorf("peer URL of member %q: %w", m.Name, err)
		}
		rest, ours := strings.CutPrefix(u.Host, m.Name)
		if !ours {
			return "", fmt.Errorf("peer URL %q of member %q does not begin with its name: the peer URL of %q cannot be derived from it", m.PeerURLs[0], m.Name, member)
		}
		u.Host = member + rest
		return u.String(), nil
	}
	return "", fmt.Errorf("no member reported its peer URL")
}
