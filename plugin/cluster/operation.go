package cluster

import (
	"fmt"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
)

// StepAnnotation on the operation Lease says what is being done and how far it is.
const StepAnnotation = "etcd.kubectl.dev/step"

// leaseLifetimes is how many times its own duration a Lease that nobody renews is old when its holder is surely dead:
// no difference between two machines' clocks explains that.
const leaseLifetimes = 10

// LeaseDuration is how long an operation Lease holds without being renewed.
const LeaseDuration = 15 * time.Second

// Operation is what the operation Lease of a cluster says; the zero value is that nobody holds it.
type Operation struct {
	Text      string // who holds the Lease and at which step, for people
	Step      string // the command, and behind a colon how far it is
	Abandoned bool   // its process died before it could give the Lease back
}

// Command returns what the user typed after "kubectl etcd" to begin the operation, without its flags.
func (o Operation) Command() string {
	command, _, _ := strings.Cut(o.Step, ":")
	return command
}

// operationOf reads an operation Lease.
func operationOf(lease *coordinationv1.Lease) Operation {
	o := Operation{Text: OperationText(lease)}
	if o.Text != "" {
		o.Step, o.Abandoned = lease.Annotations[StepAnnotation], Abandoned(lease)
	}
	return o
}

// Abandoned reports whether the holder of an operation Lease is surely dead.
func Abandoned(lease *coordinationv1.Lease) bool {
	if lease.Spec.RenewTime == nil {
		return true
	}
	lifetime := time.Duration(ptr.Deref(lease.Spec.LeaseDurationSeconds, int32(LeaseDuration/time.Second))) * time.Second
	return time.Since(lease.Spec.RenewTime.Time) > leaseLifetimes*lifetime
}

// OperationText tells who holds an operation Lease and at which step, or "" where nobody does.
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
