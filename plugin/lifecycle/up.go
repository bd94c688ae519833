package lifecycle

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Up brings a cluster to what the manifests say: it applies them, rolls the pods where the template changed, waits
// until every member is a healthy voter, seals, and waits for a load balancer's address. Each step looks first, so an Up
// that was interrupted is finished by the next. The status is there with an error too, where the members are healthy.
func (e Env) Up(ctx context.Context, applier deploy.Applier, w Wanted) (report.Status, error) {
	var status report.Status
	err := e.change(ctx, applier, w, func(ctx context.Context, lease *deploy.Lease) error {
		certificates, rest := certificatesFirst(w.Objects)
		if _, err := e.apply(ctx, applier, certificates); err != nil {
			return err
		}
		if err := e.awaitCertificates(ctx, applier, certificates); err != nil {
			return err
		}
		if _, err := e.apply(ctx, applier, rest); err != nil {
			return err
		}
		var err error
		if status, err = e.finish(ctx, lease); err != nil {
			return err
		}
		if err := e.expose(ctx, lease, w); err != nil || balancerOf(w.Objects) == "" {
			return err
		}
		status, err = e.waitReady(ctx) // with the address
		return err
	})
	status.Operation = "" // it is this one, and over when the status is read
	return status, err
}

// ApplyOnly applies without waiting, rolling or sealing.
func (e Env) ApplyOnly(ctx context.Context, applier deploy.Applier, w Wanted) (changes []deploy.Change, err error) {
	err = e.change(ctx, applier, w, func(ctx context.Context, _ *deploy.Lease) error {
		changes, err = applier.Apply(ctx, w.Objects)
		return err
	})
	return changes, err
}

// change applies manifests in the way that it is given, under the Lease, where nothing stands against it.
func (e Env) change(ctx context.Context, applier deploy.Applier, w Wanted, apply func(context.Context, *deploy.Lease) error) error {
	if err := e.settle(ctx); err != nil {
		return err
	}
	existing, wanted, err := e.compare(ctx, w)
	if err != nil {
		return err
	}
	if err := e.announce(ctx, applier, existing, w.Objects); err != nil {
		return err
	}
	return e.hold(ctx, "up: apply", func(ctx context.Context, lease *deploy.Lease) error {
		if err := e.provideCertificates(ctx, existing, wanted, w.Names); err != nil {
			return err
		}
		if err := e.keepSealed(ctx, existing, wanted); err != nil {
			return err
		}
		return apply(ctx, lease)
	})
}

// finish brings a cluster whose manifests are applied to where all its members are healthy voters under a closed seal.
func (e Env) finish(ctx context.Context, lease *deploy.Lease) (report.Status, error) {
	var none report.Status
	if err := e.closeLeftOpen(ctx); err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: roll the members to the current template"); err != nil {
		return none, err
	}
	if err := e.roll(ctx); err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: wait until every member is a healthy voter"); err != nil {
		return none, err
	}
	status, err := e.waitHealthy(ctx)
	if err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: seal"); err != nil {
		return none, err
	}
	if err := e.closeSeal(ctx, status.Sealed); err != nil {
		return none, err
	}
	return e.waitReady(ctx)
}

// settle waits for the end of a deletion that an interrupted "down" began: what is applied to a StatefulSet on its way
// out goes with it.
func (e Env) settle(ctx context.Context) error {
	defer e.Progress.Live()
	return wait.PollUntilContextCancel(ctx, lookEvery, true, func(ctx context.Context) (bool, error) {
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
func (e Env) keepSealed(ctx context.Context, existing, wanted Existing) error {
	if existing.Seal.State != cluster.SealNone || (existing.StatefulSet == nil && len(existing.Claims) == 0) {
		return nil
	}
	e.Progress.Step("restore the seal: its ConfigMap %s was deleted", wanted.SealConfig)
	return deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, wanted.SealConfig, cluster.SealedData())
}

// apply applies the manifests and tells what that did.
func (e Env) apply(ctx context.Context, applier deploy.Applier, objects []*unstructured.Unstructured) ([]deploy.Change, error) {
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
func (e Env) closeLeftOpen(ctx context.Context) error {
	c, err := e.find(ctx)
	if err != nil || c.Seal.State != cluster.SealOpen {
		return err
	}
	e.Progress.Step("close the seal, which was left open for %s", c.Seal.Admits)
	return deploy.WriteSeal(ctx, e.Kube, e.Target.Namespace, e.Target.Name, c.SealConfig, cluster.SealedData())
}

// closeSeal closes the seal after every member was seen as a healthy voter, or makes a closed one today's.
func (e Env) closeSeal(ctx context.Context, closed bool) error {
	c, err := e.find(ctx)
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
