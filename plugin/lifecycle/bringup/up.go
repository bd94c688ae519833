// Package bringup brings a cluster to what manifests say, and takes it down again: what exists of it, what may be changed,
// its seal, and how it is reached from outside.
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

// Up brings a cluster to what the manifests say: it applies them, rolls the pods where the template changed, waits
// until every member is a healthy voter, seals, and waits for a load balancer's address. Each step looks first, so an Up
// that was interrupted is finished by the next. The status is there with an error too, where the members are healthy.
func Up(ctx context.Context, e lifecycle.Env, applier deploy.Applier, w Wanted) (report.Status, error) {
	var status report.Status
	err := change(ctx, e, applier, w, func(ctx context.Context, lease *deploy.Lease) error {
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
		if status, err = finish(ctx, e, lease); err != nil {
			return err
		}
		if err := expose(ctx, e, lease, w); err != nil || balancerOf(w.Objects) == "" {
			return err
		}
		status, err = e.WaitReady(ctx) // with the address
		return err
	})
	status.Operation = "" // it is this one, and over when the status is read
	return status, err
}

// ApplyOnly applies without waiting, rolling or sealing.
func ApplyOnly(ctx context.Context, e lifecycle.Env, applier deploy.Applier, w Wanted) (changes []deploy.Change, err error) {
	err = change(ctx, e, applier, w, func(ctx context.Context, _ *deploy.Lease) error {
		changes, err = applier.Apply(ctx, w.Objects)
		return err
	})
	return changes, err
}

// change applies manifests in the way that it is given, under the Lease, where nothing stands against it.
func change(ctx context.Context, e lifecycle.Env, applier deploy.Applier, w Wanted, apply func(context.Context, *deploy.Lease) error) error {
	if err := settle(ctx, e); err != nil {
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

// finish brings a cluster whose manifests are applied to where all its members are healthy voters under a closed seal.
func finish(ctx context.Context, e lifecycle.Env, lease *deploy.Lease) (report.Status, error) {
	var none report.Status
	if err := closeLeftOpen(ctx, e); err != nil {
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

// settle waits for the end of a deletion that an interrupted "down" began: what is applied to a StatefulSet on its way
// out goes with it.
func settle(ctx context.Context, e lifecycle.Env) error {
	defer e.Progress.Live()
	return wait.PollUntilContextCancel(ctx, lifecycle.LookEvery, true, func(ctx context.Context) (bool, error) {
		set, err := e.Kube.AppsV1().StatefulSets(e.Target.Namespace).Get(ctx, e.Target.Name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		if err != nil || set.DeletionTimestamp == nil {
			return err == nil, err
		}
		e.Progress.Live("waiting until the StatefulSet " + e.Target.Name + " is gone, which is being deleted")
		return false, nil
	})
}

// keepSealed restores the seal of a cluster that has run already and whose seal ConfigMap was deleted. The manifests
// have it empty: applied as they are, members without data could start again.
func keepSealed(ctx context.Context, e lifecycle.Env, existing, wanted Existing) error {
	if existing.Seal.State != cluster.SealNone || (existing.StatefulSet == nil && len(existing.Claims) == 0) {
		return nil
	}
	e.Progress.Step("restore the seal: its ConfigMap %s was deleted", wanted.SealConfig)
	return deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, wanted.SealConfig, cluster.SealedData())
}

// apply applies the manifests and tells what that did.
func apply(ctx context.Context, e lifecycle.Env, applier deploy.Applier, objects []*unstructured.Unstructured) ([]deploy.Change, error) {
	changes, err := applier.Apply(ctx, objects)
	for _, c := range changes {
		if c.Verb == deploy.Created || c.Verb == deploy.Configured {
			e.Progress.Step("%s %s", c, c.Verb)
		}
	}
	return changes, err
}

// closeLeftOpen closes a seal that an interrupted replacement left open: until it is finished, nobody may start without
// data. "replace" opens it again.
func closeLeftOpen(ctx context.Context, e lifecycle.Env) error {
	c, err := e.Find(ctx)
	if err != nil || c.Seal.State != cluster.SealOpen {
		return err
	}
	e.Progress.Step("close the seal, which was left open for %s", c.Seal.Admits)
	return deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, c.SealConfig, cluster.SealedData())
}

// closeSeal closes the seal after every member was seen as a healthy voter, or makes a closed one today's.
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
