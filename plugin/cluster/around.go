package cluster

import (
	"context"
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
)

// How the notes begin that say what could not be read.
const (
	UnseenBudgets  = "PodDisruptionBudgets"
	UnseenServices = "Services"
	UnseenClaims   = "volume claims"
	UnseenLease    = "the operation's Lease"
)

// aroundLimit bounds the reading of what only warnings come of, so that it cannot hold up the rest.
const aroundLimit = 5 * time.Second

// readAround lists a namespace's disruption budgets and Services. Nothing but warnings comes of them, so what cannot
// be read is only noted.
func readAround(ctx context.Context, kube kubernetes.Interface, namespace string) Around {
	ctx, cancel := context.WithTimeout(ctx, aroundLimit)
	defer cancel()
	var a Around
	var without unseen
	var wg sync.WaitGroup
	wg.Go(func() {
		if budgets, err := kube.PolicyV1().PodDisruptionBudgets(namespace).List(ctx, metav1.ListOptions{}); err != nil {
			without.note(UnseenBudgets, err)
		} else {
			a.Budgets = budgets.Items
		}
	})
	wg.Go(func() {
		if services, err := kube.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{}); err != nil {
			without.note(UnseenServices, err)
		} else {
			a.Services = services.Items
		}
	})
	wg.Wait()
	a.Incomplete = without.texts
	return a
}

// of returns what of it selects a pod of the cluster.
func (a Around) of(c *Cluster) Around {
	own := Around{Incomplete: slices.Concat(c.Around.Incomplete, a.Incomplete)}
	for _, b := range a.Budgets {
		selector, err := metav1.LabelSelectorAsSelector(b.Spec.Selector)
		if err == nil && c.selectedBy(selector) {
			own.Budgets = append(own.Budgets, b)
		}
	}
	for _, s := range a.Services {
		if len(s.Spec.Selector) > 0 && c.selectedBy(labels.SelectorFromSet(s.Spec.Selector)) {
			own.Services = append(own.Services, s)
		}
	}
	return own
}

func (c *Cluster) selectedBy(selector labels.Selector) bool {
	if c.StatefulSet != nil && selector.Matches(labels.Set(c.StatefulSet.Spec.Template.Labels)) {
		return true
	}
	for _, m := range c.Members {
		if m.Pod != nil && selector.Matches(labels.Set(m.Pod.Labels)) {
			return true
		}
	}
	return false
}
