// Package bringup creates a cluster from manifests, updates it and takes it down. It compares the manifests with the existing
// objects, refuses changes that are not possible, writes the seal and waits for a load balancer.
package bringup

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/roll"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Up creates a cluster or updates it to the manifests. It applies them, restarts the pods with an old template, waits until every
// member is a healthy voter, closes the seal, and waits for a load balancer's address. Each step reads the cluster's state
// first, so the next Up finishes an interrupted one. An error after the members are healthy comes with the status.
func Up(ctx context.Context, e lifecycle.Env, applier deploy.Applier, w Wanted) (report.Status, error) {
	var status report.Status
	err := applyUnderLease(ctx, e, applier, w, func(ctx context.Context, lease *deploy.Lease) error {
		certificates, rest := certificatesFirst(w.Objects)
		if _, err := apply(ctx, e, applier, certificates); err != nil {
			return err
		}
		if err := awaitCertificates(ctx, e, applier, certificates); err != nil {
			return err
		}
		if _, err := apply(ctx, e, applier, rest); err != nil {
			return err
		}
		var err error
		if status, err = rollAndSeal(ctx, e, lease); err != nil {
			return err
		}
		if err := expose(ctx, e, lease, w); err != nil || balancerOf(w.Objects) == "" {
			return err
		}
		status, err = e.WaitReady(ctx) // read again, with the address
		return err
	})
	status.Operation = "" // the status was read while this operation was under way, and has it
	return status, err
}

// ApplyOnly applies the manifests and creates the certificates. It does not wait, restart pods or close the seal.
func ApplyOnly(ctx context.Context, e lifecycle.Env, applier deploy.Applier, w Wanted) (changes []deploy.Change, err error) {
	err = applyUnderLease(ctx, e, applier, w, func(ctx context.Context, _ *deploy.Lease) error {
		changes, err = applier.Apply(ctx, w.Objects)
		return err
	})
	return changes, err
}

// applyUnderLease checks the change, creates the certificates as the holder of the Lease, and calls apply.
func applyUnderLease(ctx context.Context, e lifecycle.Env, applier deploy.Applier, w Wanted, apply func(context.Context, *deploy.Lease) error) error {
	if err := awaitDeletion(ctx, e); err != nil {
		return err
	}
	existing, wanted, err := compare(ctx, e, w)
	if err != nil {
		return err
	}
	if err := announce(ctx, e, applier, existing, w.Objects); err != nil {
		return err
	}
	return e.Hold(ctx, "up: apply", func(ctx context.Context, lease *deploy.Lease) error {
		if err := provideCertificates(ctx, e, existing, wanted, w.Names); err != nil {
			return err
		}
		if err := keepSealed(ctx, e, existing, wanted); err != nil {
			return err
		}
		return apply(ctx, lease)
	})
}

// rollAndSeal restarts the pods with an old template, waits until all members are healthy voters, closes the seal, and waits
// until all pods are Ready.
func rollAndSeal(ctx context.Context, e lifecycle.Env, lease *deploy.Lease) (report.Status, error) {
	var none report.Status
	if err := closeOpenSeal(ctx, e); err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: roll the members to the current template"); err != nil {
		return none, err
	}
	if err := roll.Outdated(ctx, e); err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: wait until every member is a healthy voter"); err != nil {
		return none, err
	}
	status, err := e.WaitHealthy(ctx)
	if err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: seal"); err != nil {
		return none, err
	}
	if err := closeSeal(ctx, e, status.Sealed); err != nil {
		return none, err
	}
	return e.WaitReady(ctx)
}

// awaitDeletion waits until a StatefulSet that an interrupted "down" is deleting is gone: an apply to it would be lost.
func awaitDeletion(ctx context.Context, e lifecycle.Env) error {
	defer e.Progress.Live()
	return wait.PollUntilContextCancel(ctx, lifecycle.LookEvery, true, func(ctx context.Context) (bool, error) {
		set, err := e.Kube.AppsV1().StatefulSets(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		if err != nil || set.DeletionTimestamp == nil {
			return err == nil, err
		}
		e.Progress.Live("waiting until the StatefulSet " + e.Target.Name + " is deleted")
		return false, nil
	})
}

// keepSealed closes the seal if the cluster has run already and the seal's ConfigMap was deleted. In the manifests the seal is
// empty: with it, members without data could start.
func keepSealed(ctx context.Context, e lifecycle.Env, existing, wanted Existing) error {
	if existing.Seal.State != cluster.SealNone || (existing.StatefulSet == nil && len(existing.Claims) == 0) {
		return nil
	}
	e.Progress.Step("recreate the seal: its ConfigMap %s was deleted", wanted.SealConfig)
	return deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, wanted.SealConfig, cluster.SealedData())
}

// apply applies the objects and shows those that were created or configured.
func apply(ctx context.Context, e lifecycle.Env, applier deploy.Applier, objects []*unstructured.Unstructured) ([]deploy.Change, error) {
	changes, err := applier.Apply(ctx, objects)
	for _, c := range changes {
		if c.Verb == deploy.Created || c.Verb == deploy.Configured {
			e.Progress.Step("%s %s", c, c.Verb)
		}
	}
	return changes, err
}

// closeOpenSeal closes a seal that an interrupted replacement left open, so that no member starts without data. The next
// "replace" opens it again.
func closeOpenSeal(ctx context.Context, e lifecycle.Env) error {
	c, err := e.Find(ctx)
	if err != nil || c.Seal.State != cluster.SealOpen {
		return err
	}
	e.Progress.Step("close the seal, which was left open for %s", c.Seal.Admits)
	return deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, c.SealConfig, cluster.SealedData())
}

// closeSeal closes the seal, which must happen only after every member was a healthy voter. If it is closed, it updates the seal's
// field manager.
func closeSeal(ctx context.Context, e lifecycle.Env, closed bool) error {
	c, err := e.Find(ctx)
	if err != nil {
		return err
	}
	if closed {
		return deploy.AdoptSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, c.SealConfig)
	}
	if err := deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, c.SealConfig, cluster.SealedData()); err != nil {
		return fmt.Errorf("every member is healthy, but the cluster is not sealed: %w", err)
	}
	e.Progress.Step("sealed: a member that loses its data can no longer start empty")
	return nil
}
