package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// Scene is where a fault acts, and what it tells of it.
type Scene struct {
	Env     lifecycle.Env   // its target is resolved
	View    *lifecycle.View // as it was looked at: the damage must hit those pods, and not others in their place
	Lease   *deploy.Lease   // of the cluster; nil while the fault is only checked
	Targets []string
	For     time.Duration
	Image   string // of the agent

	Event   func(format string, args ...any) // puts this moment on the timeline
	EventAt func(at time.Time, what string)  // puts another one there
	Struck  func(at time.Time, what string)  // the same with the moment of the damage, where that is not when Do began
	Left    func(text string)                // says what stays behind
	Until   func(context.Context) error      // waits until every member is healthy again, and bounds that

	undo []undoing
}

// undoing takes back one change.
type undoing struct {
	what string
	undo func(context.Context) error
}

// Undoes remembers how to take back a change, for a drill that ends before the fault does that itself.
func (s *Scene) Undoes(what string, undo func(context.Context) error) {
	s.undo = append(s.undo, undoing{what, undo})
}

// Undo takes back what was changed and not yet taken back, the last change first. What fails can be tried again.
func (s *Scene) Undo(ctx context.Context) error {
	var errs []error
	var still []undoing
	for _, last := range slices.Backward(s.undo) {
		if err := last.undo(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", last.what, err))
			still = append(still, last)
		}
	}
	slices.Reverse(still)
	s.undo = still
	return errors.Join(errs...)
}

// pod returns a target's pod as it was looked at.
func (s *Scene) pod(target string) (*corev1.Pod, error) {
	m, found := s.View.Cluster.Member(target)
	if !found || m.Pod == nil {
		return nil, fmt.Errorf("member %q has no pod", target)
	}
	return m.Pod, nil
}

// renewable refuses a pod that nobody makes anew under its name, or whose data would go with it.
func (s *Scene) renewable(target string) error {
	pod, err := s.pod(target)
	if err != nil {
		return err
	}
	// A static pod is not ended by deleting what the API server shows of it; others come back under another name, if at all.
	if owner := metav1.GetControllerOf(pod); owner == nil || owner.Kind != string(cluster.OwnerStatefulSet) {
		return fmt.Errorf("pod %q is not made by a StatefulSet (%s): once deleted it would not be made anew under its name, so there is nothing to measure",
			pod.Name, s.View.Cluster.Owner)
	}
	return s.keepsData(target)
}

// keepsData refuses a fault that ends a pod where the data would go with it: the member would come back empty under an
// identity that the others remember, which etcd does not start with ("has already been bootstrapped"), and the drill would
// have destroyed what it was to test.
func (s *Scene) keepsData(name string) error {
	c := s.View.Cluster
	target, _ := c.Member(name)
	if target.ClaimGoing != "" {
		return fmt.Errorf("the volume claim %q of member %q is being deleted: its data would go with pod %q, and the member would not come back (see %q)",
			target.ClaimGoing, target.Name, target.PodName, c.Command("status"))
	}
	if target.Volatile() == "" {
		return nil
	}
	members, on := c.Volatile()
	return fmt.Errorf("the data of %s is on %s: it would be deleted with pod %q, and the member would not come back; drill a cluster with volumes instead (%q makes one)",
		strings.Join(members, ", "), on, target.PodName, c.UpWithVolumes())
}

// Pause waits, or returns why ctx ended.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
