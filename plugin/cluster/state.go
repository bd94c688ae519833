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

// beside is what a report on a cluster's state tells beside its pods.
type beside struct {
	zones     map[string]string // of nodes
	going     map[string]bool   // the volume claims that are being deleted
	sizes     map[string]int64  // of the volumes behind claims, in bytes
	operation Operation
	unseen    unseen
}

func (b *beside) read(ctx context.Context, kube kubernetes.Interface, c *Cluster, pods []*corev1.Pod) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { b.zones = readZones(ctx, kube, pods); return nil })
	group.Go(func() (err error) {
		b.going, b.sizes, err = ownClaims(ctx, kube, c.StatefulSet)
		return b.unseen.pardon(UnseenClaims, err)
	})
	group.Go(func() (err error) {
		b.operation, err = readOperation(ctx, kube, c.Namespace, c.Name)
		return b.unseen.pardon(UnseenLease, err)
	})
	return group.Wait()
}

// add gives the cluster and its members what was read beside.
func (c *Cluster) add(b *beside) {
	c.Operation, c.Around.Incomplete = b.operation, b.unseen.texts
	for i, m := range c.Members {
		if claim := c.ClaimName(m.PodName); b.going[claim] {
			c.Members[i].ClaimGoing = claim
		}
		c.Members[i].VolumeBytes = b.sizes[c.ClaimName(m.PodName)]
		if m.Zone == "" {
			c.Members[i].Zone = b.zones[m.Node()]
		}
	}
}

// unseen notes what could not be read, to go without: nothing but warnings comes of it.
type unseen struct {
	mu    sync.Mutex
	texts []string
}

func (u *unseen) pardon(what string, err error) error {
	if !apierrors.IsForbidden(err) {
		return err
	}
	u.note(what, err)
	return nil
}

func (u *unseen) note(what string, err error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.texts = append(u.texts, unseenText(what, err))
	slices.Sort(u.texts)
}

// unseenText says in a few words what could not be read, and why.
func unseenText(what string, err error) string {
	switch {
	case apierrors.IsForbidden(err):
		return what + " (forbidden)"
	case errors.Is(err, context.DeadlineExceeded):
		return what + " (the API server did not answer in time)"
	}
	return fmt.Sprintf("%s (%s)", what, OneLine(err.Error()))
}

// ownClaims returns which of a StatefulSet's volume claims are being deleted, and how large their volumes are.
func ownClaims(ctx context.Context, kube kubernetes.Interface, set *appsv1.StatefulSet) (going map[string]bool, sizes map[string]int64, err error) {
	if set == nil {
		return nil, nil, nil
	}
	claims, err := kube.CoreV1().PersistentVolumeClaims(set.Namespace).List(ctx, metav1.ListOptions{
		LabelSelector: metav1.FormatLabelSelector(set.Spec.Selector), // the StatefulSet controller gives them these labels
	})
	if err != nil {
		return nil, nil, err
	}
	going, sizes = map[string]bool{}, map[string]int64{}
	for _, c := range claims.Items {
		going[c.Name] = c.DeletionTimestamp != nil
		sizes[c.Name] = c.Status.Capacity.Storage().Value()
	}
	return going, sizes, nil
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
