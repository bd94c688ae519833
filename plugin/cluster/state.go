package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// stateReads is what a report on a cluster's state needs beyond its pods.
type stateReads struct {
	zones      map[string]string // by node
	deleting   map[string]bool   // whether a PersistentVolumeClaim is being deleted, by its name
	sizes      map[string]int64  // of the volumes behind claims in bytes, by the claim's name
	operation  Operation
	incomplete incomplete
}

func (b *stateReads) read(ctx context.Context, kube kubernetes.Interface, c *Cluster, pods []*corev1.Pod) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { b.zones = readZones(ctx, kube, pods); return nil })
	group.Go(func() (err error) {
		b.deleting, b.sizes, err = ownClaims(ctx, kube, c.StatefulSet)
		return b.incomplete.noteForbidden(IncompleteClaims, err)
	})
	group.Go(func() (err error) {
		b.operation, err = readOperation(ctx, kube, c.Namespace, c.Name)
		return b.incomplete.noteForbidden(IncompleteLease, err)
	})
	return group.Wait()
}

// add copies what was read to the cluster and its members.
func (c *Cluster) add(b *stateReads) {
	c.Operation, c.Surroundings.Incomplete = b.operation, b.incomplete.texts
	for i, m := range c.Members {
		if claim := c.ClaimName(m.PodName); b.deleting[claim] {
			c.Members[i].ClaimGoing = claim
		}
		c.Members[i].VolumeBytes = b.sizes[c.ClaimName(m.PodName)]
		if m.Zone == "" {
			c.Members[i].Zone = b.zones[m.Node()]
		}
	}
}

// incomplete collects notes on what could not be read. Only warnings depend on it.
type incomplete struct {
	mu    sync.Mutex
	texts []string
}

// noteForbidden notes a forbidden read, and returns any other error.
func (u *incomplete) noteForbidden(what string, err error) error {
	if !apierrors.IsForbidden(err) {
		return err
	}
	u.note(what, err)
	return nil
}

func (u *incomplete) note(what string, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.texts = append(u.texts, incompleteText(what, err))
	slices.Sort(u.texts)
}

// incompleteText says in a few words what could not be read, and why.
func incompleteText(what string, err error) string {
	switch {
	case apierrors.IsForbidden(err):
		return what + " (forbidden)"
	case errors.Is(err, context.DeadlineExceeded):
		return what + " (the API server did not answer in time)"
	}
	return fmt.Sprintf("%s (%s)", what, OneLine(err.Error()))
}

// ownClaims returns which PersistentVolumeClaims of a StatefulSet are being deleted, and the size of their volumes in
// bytes.
func ownClaims(ctx context.Context, kube kubernetes.Interface, set *appsv1.StatefulSet) (deleting map[string]bool, sizes map[string]int64, err error) {
	if set == nil {
		return nil, nil, nil
	}
	claims, err := kube.CoreV1().PersistentVolumeClaims(set.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector), // the StatefulSet controller gives them these labels
	})
	if err != nil {
		return nil, nil, err
	}
	deleting, sizes = map[string]bool{}, map[string]int64{}
	for _, c := range claims.Items {
		deleting[c.Name] = c.DeletionTimestamp != nil
		sizes[c.Name] = c.Status.Capacity.Storage().Value()
	}
	return deleting, sizes, nil
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

func readOperation(ctx context.Context, kube kubernetes.Interface, namespace, name string) (Operation, error) {
	lease, err := kube.CoordinationV1().Leases(namespace).Get(ctx, LeaseName(name), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return Operation{}, nil
	}
	if err != nil {
		return Operation{}, err
	}
	return operationOf(lease), nil
}
