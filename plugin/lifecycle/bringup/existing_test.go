package bringup

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

func TestDrillableIsReadOffTheTemplate(t *testing.T) {
	for name, c := range map[string]struct {
		shared *bool
		want   bool
	}{
		"not set":    {},
		"not shared": {shared: ptr.To(false)},
		"shared":     {shared: ptr.To(true), want: true},
	} {
		t.Run(name, func(t *testing.T) {
			var set appsv1.StatefulSet
			set.Spec.Template.Spec = corev1.PodSpec{Containers: []corev1.Container{{Name: "etcd"}}, ShareProcessNamespace: c.shared}
			var x Existing
			x.fromSet(&set)
			if x.Drillable != c.want {
				t.Errorf("got %v, want %v", x.Drillable, c.want)
			}
		})
	}
}
