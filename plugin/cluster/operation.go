package cluster

import (
	"fmt"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
)

// StepAnnotation on the operation's Lease has the current operation and its step.
const StepAnnotation = "etcd.kubectl.dev/step"

// leaseLifetimes is the age of a Lease, in multiples of its duration since the last renewal, at which its holder is
// certainly dead: clock skew between machines does not explain so much.
const leaseLifetimes = 10

// LeaseDuration is how long an operation's Lease is valid without renewal.
const LeaseDuration = 15 * time.Second

// Operation is what the operation's Lease of a cluster says; the zero value means that it has no holder.
type Operation struct {
	Text      string // the step and the holder of the Lease, for display
	Step      string // the command, and after a colon its progress
	Abandoned bool   // the holder died before it could release the Lease
}

// Command returns what the user typed after "kubectl etcd" to begin the operation, without its flags.
func (o Operation) Command() string {
	command, _, _ := strings.Cut(o.Step, ":")
	return command
}

// operationOf reads an operation's Lease.
func operationOf(lease *coordinationv1.Lease) Operation {
	o := Operation{Text: OperationText(lease)}
	if o.Text != "" {
		o.Step, o.Abandoned = lease.Annotations[StepAnnotation], Abandoned(lease)
	}
	return o
}

// Abandoned reports whether the holder of an operation's Lease is certainly dead.
func Abandoned(lease *coordinationv1.Lease) bool {
	if lease.Spec.RenewTime == nil {
		return true
	}
	lifetime := time.Duration(ptr.Deref(lease.Spec.LeaseDurationSeconds, int32(LeaseDuration/time.Second))) * time.Second
	return time.Since(lease.Spec.RenewTime.Time) > leaseLifetimes*lifetime
}

// OperationText returns the step and the holder of an operation's Lease for display, or "" if it has no holder.
func OperationText(lease *coordinationv1.Lease) string {
	if lease.Spec.HolderIdentity == nil || *lease.Spec.HolderIdentity == "" {
		return ""
	}
	text := fmt.Sprintf("%s, by %s", lease.Annotations[StepAnnotation], *lease.Spec.HolderIdentity)
	if lease.Spec.RenewTime != nil {
		text += fmt.Sprintf(", last seen %s ago", time.Since(lease.Spec.RenewTime.Time).Round(time.Second))
	}
	return text
}
