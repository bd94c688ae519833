package lifecycle

import (
	"testing"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestReady checks that an alarm CORRUPT ends the wait for Ready pods: it fails their probes until the user disarms it later.
func TestReady(t *testing.T) {
	serving := func(v *View) {
		for _, m := range v.Cluster.Members {
			m.Pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
		}
	}
	for name, c := range map[string]struct {
		change func(*View)
		want   bool
	}{
		"all are Ready":                {serving, true},
		"none is Ready":                {func(*View) {}, false},
		"one is not Ready":             {func(v *View) { serving(v); v.Cluster.Members[1].Pod.Status.Conditions = nil }, false},
		"CORRUPT of a member":          {func(v *View) { v.Status.Members[1].Alarms = []string{"CORRUPT"} }, true},
		"CORRUPT of a removed member":  {func(v *View) { v.Status.Alarms = []string{"CORRUPT"} }, true},
		"CORRUPT of an unknown member": {func(v *View) { v.Status.Alarm = "CORRUPT" }, true},
		"NOSPACE":                      {func(v *View) { v.Status.Members[1].Alarms = []string{"NOSPACE"} }, false},
	} {
		v := &View{Cluster: &cluster.Cluster{}}
		for range 3 {
			v.Cluster.Members = append(v.Cluster.Members, cluster.Member{Pod: &corev1.Pod{}})
			v.Status.Members = append(v.Status.Members, report.Member{})
		}
		c.change(v)
		if got := ready(v); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
