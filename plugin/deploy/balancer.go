package deploy

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// NoAddressError is the error if a Service's load balancer got no address within the limit.
type NoAddressError struct {
	Service string
	After   time.Duration // the limit
	Last    string        // the Service's newest event, or ""
}

func (e *NoAddressError) Error() string {
	text := fmt.Sprintf("service %q has no load balancer address after %s", e.Service, e.After)
	if e.Last == "" {
		return text + ": it has no event, so probably no controller handles it"
	}
	return text + ": " + e.Last
}

// AwaitBalancer waits until the load balancer of a Service has an address, at most for limit. It shows with tell what it waits
// for; tell without arguments ends that. It returns a *NoAddressError after limit.
func AwaitBalancer(ctx context.Context, kube kubernetes.Interface, namespace, service string, limit time.Duration, tell func(...string)) (cluster.Balancer, error) {
	const every = time.Second
	tick := time.NewTicker(every)
	defer tick.Stop()
	defer tell()
	end := time.NewTimer(limit)
	defer end.Stop()
	for {
		s, err := kube.CoreV1().Services(namespace).Get(ctx, service, metav1.GetOptions{})
		if err != nil {
			return cluster.Balancer{}, err
		}
		b, found := cluster.BalancerOf(s)
		if !found {
			return b, fmt.Errorf("service %q is not of type LoadBalancer any more (it was changed in the meantime)", service)
		}
		if len(b.Addresses) > 0 {
			return b, nil
		}
		last := cluster.NewestEvent(ctx, kube, s, "")
		text := "waiting until the load balancer of service " + service + " has an address"
		if last != "" {
			text += " (" + last + ")"
		}
		tell(text)
		select {
		case <-tick.C:
		case <-end.C:
			return b, &NoAddressError{Service: service, After: limit, Last: last}
		case <-ctx.Done():
			return b, fmt.Errorf("waiting until the load balancer of service %q has an address: %w", service, context.Cause(ctx))
		}
	}
}
