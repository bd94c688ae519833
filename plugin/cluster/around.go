package cluster

import (
	"context"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/kubernetes"
)

// readAround lists a namespace's disruption budgets and Services. Nothing but warnings comes of them, so what cannot
// be read is only noted.
func readAround(ctx context.Context, kube kubernetes.Interface, namespace string) Around {
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
		a.Unseen = append(a.Unseen, "PodDisruptionBudgets: "+budgetErr.Error())
	} else {
		a.Budgets = budgets.Items
	}
	if serviceErr != nil {
		a.Unseen = append(a.Unseen, "Services: "+serviceErr.Error())
	} else {
		a.Services = services.Items
	}
	return a
}

// of returns what of it selects a pod of the cluster.
func (a Around) of(c *Cluster) Around {
	own := Around{Unseen: a.Unseen}
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

// goingClaims returns the names of the volume claims that are being deleted.
func goingClaims(ctx context.Context, kube kubernetes.Interface, set *appsv1.StatefulSet) (map[string]bool, error) {
	if set == nil {
		return nil, nil
	}
	claims, err := kube.CoreV1().PersistentVolumeClaims(set.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector), // the StatefulSet controller gives them these labels
	})
	if apierrors.IsForbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	going := map[string]bool{}
	for _, c := range claims.Items {
		going[c.Name] = c.DeletionTimestamp != nil
	}
	return going, nil
}

func readSeal(ctx context.Context, o *objects, config string) (Seal, error) {
	if config == "" {
		return Seal{State: SealNone}, nil
	}
	cm, err := o.ConfigMap(ctx, config)
	if apierrors.IsNotFound(err) {
		return Seal{State: SealMissing}, nil
	}
	if err != nil {
		return Seal{}, err
	}
	return ParseSeal(cm.Data), nil
}

func readOperation(ctx context.Context, kube kubernetes.Interface, namespace, name string) (string, error) {
	lease, err := kube.CoordinationV1().Leases(namespace).Get(ctx, LeaseName(name), metav1.GetOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
		return "", nil // nothing is decided by it here, so a reader without the right goes on without
	}
	if err != nil {
		return "", err
	}
	return OperationText(lease), nil
}
