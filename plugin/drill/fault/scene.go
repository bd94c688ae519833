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

// Scene is what a fault acts on, and the callbacks with which it reports.
type Scene struct {
	Env     lifecycle.Env   // the target is resolved
	View    *lifecycle.View // when the targets were chosen: the fault must hit those pods, not their replacements
	Lease   *deploy.Lease   // of the cluster; nil while the fault is only checked
	Targets []string
	For     time.Duration
	Image   string // of the agent

	Event   func(format string, args ...any) // adds an event at the current time to the timeline
	EventAt func(at time.Time, what string)  // adds an event at another time
	Struck  func(at time.Time, what string)  // the same, and sets the time of the fault, if that is not when Do began
	Left    func(text string)                // records what is left behind
	Until   func(context.Context) error      // waits until every member is healthy again, with its own time limit

	undo []undoStep
}

// undoStep reverts one change.
type undoStep struct {
	what string
	undo func(context.Context) error
}

// Undoes registers how to revert a change, for a drill that ends before the fault reverts it.
func (s *Scene) Undoes(what string, undo func(context.Context) error) {
	s.undo = append(s.undo, undoStep{what, undo})
}

// Undo reverts the registered changes, the last one first. A change that could not be reverted stays registered: the
// caller may call Undo again.
func (s *Scene) Undo(ctx context.Context) error {
	var errs []error
	var still []undoStep
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

// pod returns a target's pod when the targets were chosen.
func (s *Scene) pod(target string) (*corev1.Pod, error) {
	m, found := s.View.Cluster.Member(target)
	if !found || m.Pod == nil {
		return nil, fmt.Errorf("member %q has no pod", target)
	}
	return m.Pod, nil
}

// checkRecreated refuses a pod that no controller recreates under its name, or whose data would be deleted with it.
func (s *Scene) checkRecreated(target string) error {
	pod, err := s.pod(target)
	if err != nil {
		return err
	}
	// Deleting the mirror pod of a static pod does not end it. Pods of other controllers come back under another name,
	// if at all.
	if owner := metav1.GetControllerOf(pod); owner == nil || owner.Kind != string(cluster.OwnerStatefulSet) {
		return fmt.Errorf("pod %q does not belong to a StatefulSet (%s): after its deletion no pod of that name would be created, so there is nothing to measure",
			pod.Name, s.View.Cluster.Owner)
	}
	return s.checkDataKept(target)
}

// checkDataKept refuses a fault that ends a pod if the data would be deleted with it. The member would come back empty
// with an ID that the others know, with which etcd does not start ("has already been bootstrapped"), and the drill
// would have destroyed the member that it tests.
func (s *Scene) checkDataKept(name string) error {
	c := s.View.Cluster
	target, _ := c.Member(name)
	if target.ClaimGoing != "" {
		return fmt.Errorf("the volume claim %q of member %q is being deleted: its data would be deleted with pod %q, and the member would not come back (see %q)",
			target.ClaimGoing, target.Name, target.PodName, c.Command("status"))
	}
	if target.Volatile() == "" {
		return nil
	}
	members, on := c.Volatile()
	return fmt.Errorf("the data of %s is on %s: it would be deleted with pod %q, and the member would not come back; drill a cluster with volumes instead (%q creates one)",
		strings.Join(members, ", "), on, target.PodName, c.UpWithVolumes())
}

// Pause waits for d, or returns the cause if ctx ends first.
func Pause(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-time.After(d):
		return nil
	}
}
