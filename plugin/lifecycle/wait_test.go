package lifecycle

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

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

// TestHealthyVoters: an operation is complete when the members are exactly the StatefulSet's replicas, and all of them vote.
func TestHealthyVoters(t *testing.T) {
	voter := func(name string) report.Member {
		return report.Member{Name: name, ID: "a" + name, Role: report.Follower, Healthy: true}
	}
	sick := voter("1")
	sick.Healthy = false
	learner := voter("2")
	learner.Role = report.Learner
	for name, c := range map[string]struct {
		replicas int32
		members  []report.Member
		want     bool
	}{
		"all of them":            {3, []report.Member{voter("0"), voter("1"), voter("2")}, true},
		"one is not healthy":     {3, []report.Member{voter("0"), sick, voter("2")}, false},
		"one is a learner":       {3, []report.Member{voter("0"), voter("1"), learner}, false},
		"one is not there yet":   {3, []report.Member{voter("0"), voter("1")}, false},
		"one is there no longer": {1, []report.Member{voter("0"), voter("1")}, false},
		"none":                   {0, nil, false},
	} {
		v := &View{Cluster: &cluster.Cluster{StatefulSet: &appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Replicas: ptr.To(c.replicas)}}}}
		v.Status.Members = c.members
		if got := HealthyVoters(v); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// TestNeedsRemedy: only a warning about a member ends a wait, with its remedy on one line.
func TestNeedsRemedy(t *testing.T) {
	about := report.Warning{Message: "the budget is too tight", Remedy: "patch it"}
	member := report.Warning{Member: "etcd-1", Message: "it lost its data", Remedy: "remove it\nadd it"}
	for name, c := range map[string]struct {
		warnings []report.Warning
		want     string
	}{
		"no warning":        {nil, ""},
		"about the cluster": {[]report.Warning{about}, ""},
		"about a member":    {[]report.Warning{member}, "it lost its data (remove it; add it)"},
		"about both":        {[]report.Warning{about, member}, "it lost its data (remove it; add it)"},
	} {
		got := ""
		if err := NeedsRemedy(&View{Status: report.Status{Warnings: c.warnings}}); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// TestStuck: the lines of what is not ready follow the error, and the error stays recognizable.
func TestStuck(t *testing.T) {
	ended := errors.New("timed out")
	for want, lines := range map[string][]string{
		"waiting: timed out":                           nil,
		"waiting: timed out\n  etcd-0: pod is Pending": {"etcd-0: pod is Pending"},
		"waiting: timed out\n  etcd-0: a\n  etcd-1: b": {"etcd-0: a", "etcd-1: b"},
	} {
		err := Stuck("waiting", lines, ended)
		if diff := cmp.Diff(want, err.Error()); diff != "" || !errors.Is(err, ended) {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
