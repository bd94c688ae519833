package deploy

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

func balancer(ingress ...corev1.LoadBalancerIngress) *corev1.Service {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: "etcd-client", Namespace: "ns", UID: "u"}}
	s.Spec.Type, s.Spec.Ports = corev1.ServiceTypeLoadBalancer, []corev1.ServicePort{{Port: 2379}, {Port: 2382}}
	s.Status.LoadBalancer.Ingress = ingress
	return s
}

func TestAwaitBalancer(t *testing.T) {
	event := &corev1.Event{
		ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "ns"}, InvolvedObject: corev1.ObjectReference{UID: "u"},
		Reason: "SyncLoadBalancerFailed", Message: "no quota\nfor addresses",
	}
	plain := balancer()
	plain.Spec.Type = corev1.ServiceTypeClusterIP
	for name, c := range map[string]struct {
		objects   []runtime.Object
		addresses []string
		err       string
	}{
		"an address and a name":       {objects: []runtime.Object{balancer(corev1.LoadBalancerIngress{IP: "10.0.0.7"}, corev1.LoadBalancerIngress{Hostname: "lb.example"})}, addresses: []string{"10.0.0.7", "lb.example"}},
		"no load balancer controller": {objects: []runtime.Object{balancer()}, err: `service "etcd-client" has no load balancer address after 10ms: it has no event, so probably no controller handles it`},
		"the controller fails":        {objects: []runtime.Object{balancer(), event}, err: `service "etcd-client" has no load balancer address after 10ms: SyncLoadBalancerFailed: no quota for addresses`},
		"no longer a LoadBalancer":    {objects: []runtime.Object{plain}, err: "is not of type LoadBalancer any more"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := AwaitBalancer(t.Context(), fake.NewClientset(c.objects...), "ns", "etcd-client", 10*time.Millisecond, func(...string) {})
			if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
				t.Fatalf("%v", err)
			}
			if c.err == "" && (!cmp.Equal(c.addresses, got.Addresses) || got.Port != 2379) {
				t.Errorf("%+v", got)
			}
		})
	}
}

// The error of a context that ends has its cause.
func TestAwaitBalancerEnds(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	over := errors.New("over")
	tell := func(lines ...string) {
		if len(lines) > 0 {
			cancel(over)
		}
	}
	_, err := AwaitBalancer(ctx, fake.NewClientset(balancer()), "ns", "etcd-client", time.Hour, tell)
	if !errors.Is(err, over) || !strings.Contains(err.Error(), `waiting until the load balancer of service "etcd-client" has an address`) {
		t.Errorf("%v", err)
	}
}
