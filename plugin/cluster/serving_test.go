package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestServing(t *testing.T) {
	member := func(name string, phase corev1.PodPhase, ready corev1.ConditionStatus) Member {
		pod := &corev1.Pod{Status: corev1.PodStatus{Phase: phase, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}}}}
		return Member{Name: name, Pod: pod}
	}
	ready, other := member("ready", corev1.PodRunning, corev1.ConditionTrue), member("other", corev1.PodRunning, corev1.ConditionTrue)
	learner := member("learner", corev1.PodRunning, corev1.ConditionFalse)
	pending, none := member("pending", corev1.PodPending, corev1.ConditionFalse), Member{Name: "none"}
	for name, c := range map[string]struct {
		members []Member
		want    []string
	}{
		"all":           {[]Member{ready, other}, []string{"ready", "other"}},
		"those Ready":   {[]Member{none, learner, ready, pending}, []string{"ready"}},
		"none is Ready": {[]Member{none, learner, pending}, []string{"learner"}},
		"none runs":     {[]Member{none, pending}, nil},
	} {
		var got []string
		for _, m := range (&Cluster{Members: c.members}).Serving() {
			got = append(got, m.Name)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
