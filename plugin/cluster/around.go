package cluster

import (
	"context"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
)

// How the notes begin that say what could not be read.
const (
	UnseenBudgets  = "PodDisruptionBudgets"
	UnseenServices = "Services"
)

// aroundLimit bounds the reading of what only warnings come of, so that it cannot hold up the rest.
const aroundLimit = 5 * time.Second

// readAround lists a namespace's disruption budgets and Services. Nothing but warnings comes of them, so what cannot
// be read is only noted.
func readAround(ctx context.Context, kube kubernetes.Interface, namespace string) Around {
	ctx, cancel := context.WithTimeout(ctx, aroundLimit)
	defer cancel()
	var a Around
	var wg sync.WaitGroup
	var budgets *policyv1.PodDisruptionBudgetList
	var services *corev1.ServiceList
	var budgetErr, serviceErr error
	wg.Go(func() {
		budgets, budgetErr = kube.PolicyV1().PodDisruptionBudgets(namespace).List(ctx, metav1.ListOptions{})
	})
	wg.Go(func() { services, serviceErr = kube.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{}) })
	wg.Wait()
	if budgetErr != nil {
		a.Unseen = append(a.Unseen, unseenText(UnseenBudgets, budgetErr))
	} else {
		a.Budgets = budgets.Items
	}
	if serviceErr != nil {
		a.Unseen = append(a.Unseen, unseenText(UnseenServices, serviceErr))
	} else {
		a.Services = services.Items
	}
	return a
}

// of returns what of it selects a pod of the cluster.
func (a Around) of(c *Cluster) Around {
	own := Around{Unseen: slices.Concat(c.Around.Unseen, a.Unseen)}
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
