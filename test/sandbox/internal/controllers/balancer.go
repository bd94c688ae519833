package controllers

import (
	"context"
	"fmt"
	"time"

	core "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// balancer gives every Service of type LoadBalancer an address of the pool that
// the host routes to a node; kube-proxy there does the rest.
type balancer struct {
	client   kubernetes.Interface
	services listers.ServiceLister
	informer cache.SharedIndexInformer
	changed  chan struct{} // one pending signal is enough: each run handles all Services
}

func newBalancer(client kubernetes.Interface, factory informers.SharedInformerFactory) *balancer {
	services := factory.Core().V1().Services()
	b := &balancer{client: client, services: services.Lister(), informer: services.Informer(), changed: make(chan struct{}, 1)}
	notify := func(any) {
		select {
		case b.changed <- struct{}{}:
		default:
		}
	}
	_, _ = b.informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc: notify, UpdateFunc: func(_, o any) { notify(o) }, DeleteFunc: notify,
	})
	return b
}

func (b *balancer) run(ctx context.Context) error {
	if !cache.WaitForCacheSync(ctx.Done(), b.informer.HasSynced) {
		return fmt.Errorf("wait for the list of Services: %w", context.Cause(ctx))
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-b.changed:
		}
		if err := b.assign(ctx); err != nil {
			klog.ErrorS(err, "Assign load-balancer addresses")
			time.AfterFunc(time.Second, func() {
				select {
				case b.changed <- struct{}{}:
				default:
				}
			})
		}
	}
}

func (b *balancer) assign(ctx context.Context) error {
	services, err := b.services.List(labels.Everything())
	if err != nil {
		return err
	}
	addresses := assignments(newPool(plan.BalancerCIDR), services)
	for _, s := range services {
		want := addresses[cache.MetaObjectToName(s)]
		if want == address(s) {
			continue
		}
		update := s.DeepCopy()
		update.Status.LoadBalancer.Ingress = nil
		if want != "" {
			update.Status.LoadBalancer.Ingress = []core.LoadBalancerIngress{{IP: want}}
		}
		_, err := b.client.CoreV1().Services(s.Namespace).UpdateStatus(ctx, update, meta.UpdateOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("give Service %s/%s address %q: %w", s.Namespace, s.Name, want, err)
		}
	}
	return nil
}

// address returns the Service's address, or "".
func address(s *core.Service) string {
	if len(s.Status.LoadBalancer.Ingress) == 0 {
		return ""
	}
	return s.Status.LoadBalancer.Ingress[0].IP
}

// balanced reports whether this controller gives the Service an address. A Service with a class belongs to another load
// balancer.
func balanced(s *core.Service) bool {
	return s.Spec.Type == core.ServiceTypeLoadBalancer && s.Spec.LoadBalancerClass == nil && s.DeletionTimestamp == nil
}
