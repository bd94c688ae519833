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

// The prefixes of the notes in Surroundings.Incomplete.
const (
	IncompleteBudgets  = "PodDisruptionBudgets"
	IncompleteServices = "Services"
	IncompleteClaims   = "volume claims"
	IncompleteLease    = "the operation's Lease"
)

// aroundTimeout bounds the reads that only warnings depend on, so that they cannot delay the rest.
const aroundTimeout = 5 * time.Second

// readAround lists a namespace's PodDisruptionBudgets and Services. Only warnings depend on them, so a failed list is a
// note in Incomplete and no error.
func readAround(ctx context.Context, kube kubernetes.Interface, namespace string) Surroundings {
	ctx, cancel := context.WithTimeout(ctx, aroundTimeout)
	defer cancel()
	var a Surroundings
	var notes incomplete
	var wg sync.WaitGroup
	wg.Go(func() {
		if budgets, err := kube.PolicyV1().PodDisruptionBudgets(namespace).List(ctx, metav1.ListOptions{}); err != nil {
			notes.note(IncompleteBudgets, err)
		} else {
			a.Budgets = budgets.Items
		}
	})
	wg.Go(func() {
		if services, err := kube.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{}); err != nil {
			notes.note(IncompleteServices, err)
		} else {
			a.Services = services.Items
		}
	})
	wg.Wait()
	a.Incomplete = notes.texts
	return a
}

// affecting returns the budgets and Services that select a pod of the cluster, and the notes of both the cluster and a.
func (a Surroundings) affecting(c *Cluster) Surroundings {
	own := Surroundings{Incomplete: slices.Concat(c.Surroundings.Incomplete, a.Incomplete)}
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
