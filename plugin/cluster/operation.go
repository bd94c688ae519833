package cluster

import (
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
)

// StepAnnotation on the operation Lease says what is being done and how far it is.
const StepAnnotation = "etcd.kubectl.dev/step"

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
