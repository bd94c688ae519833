package controllers

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
)

// service returns a Service of type LoadBalancer that is age minutes old.
func service(name string, age int, change ...func(*core.Service)) *core.Service {
	s := &core.Service{
		ObjectMeta: meta.ObjectMeta{Namespace: "n", Name: name, CreationTimestamp: meta.NewTime(time.Unix(1e9, 0).Add(-time.Duration(age) * time.Minute))},
		Spec:       core.ServiceSpec{Type: core.ServiceTypeLoadBalancer},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

func has(ip string) func(*core.Service) {
	return func(s *core.Service) { s.Status.LoadBalancer.Ingress = []core.LoadBalancerIngress{{IP: ip}} }
}

func asks(ip string) func(*core.Service) {
	return func(s *core.Service) { s.Spec.LoadBalancerIP = ip }
}

func TestAssignments(t *testing.T) {
	// Two usable addresses: .1 and .2.
	const cidr = "10.0.0.0/30"
	class, now := "someone-else", meta.Now()
	for name, test := range map[string]struct {
		services []*core.Service
		want     map[string]string
	}{
		"none":               {nil, map[string]string{}},
		"the oldest first":   {[]*core.Service{service("b", 1), service("a", 2)}, map[string]string{"a": "10.0.0.1", "b": "10.0.0.2"}},
		"who has one keeps":  {[]*core.Service{service("a", 2), service("b", 1, has("10.0.0.1"))}, map[string]string{"a": "10.0.0.2", "b": "10.0.0.1"}},
		"the one asked for":  {[]*core.Service{service("a", 2, asks("10.0.0.2")), service("b", 1)}, map[string]string{"a": "10.0.0.2", "b": "10.0.0.1"}},
		"asked for, taken":   {[]*core.Service{service("a", 2, asks("10.0.0.1")), service("b", 1, has("10.0.0.1"))}, map[string]string{"a": "", "b": "10.0.0.1"}},
		"pool exhausted":     {[]*core.Service{service("a", 3), service("b", 2), service("c", 1)}, map[string]string{"a": "10.0.0.1", "b": "10.0.0.2", "c": ""}},
		"not of the pool":    {[]*core.Service{service("a", 1, has("192.0.2.1"))}, map[string]string{"a": "10.0.0.1"}},
		"two with the same":  {[]*core.Service{service("a", 2, has("10.0.0.1")), service("b", 1, has("10.0.0.1"))}, map[string]string{"a": "10.0.0.1", "b": "10.0.0.2"}},
		"a class of its own": {[]*core.Service{service("a", 1, func(s *core.Service) { s.Spec.LoadBalancerClass = &class })}, map[string]string{}},
		"no longer balanced": {[]*core.Service{service("a", 1, has("10.0.0.1"), func(s *core.Service) { s.Spec.Type = core.ServiceTypeClusterIP })}, map[string]string{}},
		"being deleted":      {[]*core.Service{service("a", 1, func(s *core.Service) { s.DeletionTimestamp = &now })}, map[string]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			want := map[cache.ObjectName]string{}
			for service, ip := range test.want {
				want[cache.NewObjectName("n", service)] = ip
			}
			if diff := cmp.Diff(want, assignments(newPool(cidr), test.services)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
