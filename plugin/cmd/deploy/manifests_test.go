package deploy

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
)

// TestUpKeepsWhatIsOn checks that a later "up" without a flag keeps what the flag turned on.
func TestUpKeepsWhatIsOn(t *testing.T) {
	for _, on := range []bool{false, true} {
		x := bringup.Existing{StatefulSet: &appsv1.StatefulSet{}, Image: "etcd:v3.7.3", Policy: on, Drillable: on}
		if got := (kustomize.Options{}).Keep(optionsOf(x)); got.NetworkPolicy != on || got.Drillable != on {
			t.Errorf("on %v: policy %v, drillable %v", on, got.NetworkPolicy, got.Drillable)
		}
	}
}
