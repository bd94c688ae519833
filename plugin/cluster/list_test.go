package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

// TestVersions takes what a pod runs before what it is to run, and tells apart what cannot be pulled.
func TestVersions(t *testing.T) {
	set := setOf("etcd", 3, "etcd")
	set.Spec.Template.Spec.Containers[0].Image = "etcd:v3.7.3"
	pod := func(image string, state corev1.ContainerState) *corev1.Pod {
		p := podIn(set, "etcd-0")
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "beside"}, {Name: "main", Image: image, State: state}}
		return p
	}
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	waiting := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	for name, c := range map[string]struct {
		pods []*corev1.Pod
		want [2]string // that run, that cannot be pulled
	}{
		"as it is to be":              {[]*corev1.Pod{pod("example.com/etcd:v3.7.3", running)}, [2]string{"3.7.3"}},
		"not what it is to be":        {[]*corev1.Pod{pod("etcd:v3.6.16", running)}, [2]string{"3.6.16"}},
		"the tag is not told":         {[]*corev1.Pod{pod("sha256:1234", running)}, [2]string{"3.7.3"}},
		"no pod":                      {[]*corev1.Pod{nil}, [2]string{"3.7.3"}},
		"being made":                  {[]*corev1.Pod{pod("etcd:v3.7.3", waiting("ContainerCreating"))}, [2]string{"3.7.3"}},
		"it crashes":                  {[]*corev1.Pod{pod("etcd:v3.7.3", waiting("CrashLoopBackOff"))}, [2]string{"3.7.3"}},
		"cannot be pulled":            {[]*corev1.Pod{pod("etcd:v3.7.3", waiting("ImagePullBackOff"))}, [2]string{"", "3.7.3"}},
		"one of two cannot be pulled": {[]*corev1.Pod{pod("etcd:v3.6.16", running), pod("", waiting("ErrImagePull"))}, [2]string{"3.6.16", "3.7.3"}},
	} {
		var places []Member
		for _, p := range c.pods {
			places = append(places, Member{PodName: "etcd-0", Pod: p})
		}
		run, notPulled := versions(ofSet(set), places)
		if diff := cmp.Diff(c.want, [2]string{run, notPulled}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
