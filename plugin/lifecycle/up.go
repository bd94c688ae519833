package lifecycle

import (
	"context"
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Up brings a cluster to what the manifests say: it applies them, rolls the pods where the template changed, waits
// until every member is a healthy voter, and seals. Each step looks first, so an Up that was interrupted is finished
// by the next.
func (e Env) Up(ctx context.Context, applier deploy.Applier, name string, objects []*unstructured.Unstructured) (report.Status, error) {
	var status report.Status
	err := e.change(ctx, name, objects, func(ctx context.Context, lease *deploy.Lease) error {
		if _, err := e.apply(ctx, applier, objects); err != nil {
			return err
		}
		var err error
		status, err = e.finish(ctx, lease, name)
		return err
	})
	status.Operation = "" // it is this one, and over when the status is read
	return status, err
}

// ApplyOnly applies without waiting, rolling or sealing.
func (e Env) ApplyOnly(ctx context.Context, applier deploy.Applier, name string, objects []*unstructured.Unstructured) (changes []deploy.Change, err error) {
	err = e.change(ctx, name, objects, func(ctx context.Context, _ *deploy.Lease) error {
		changes, err = applier.Apply(ctx, objects)
		return err
	})
	return changes, err
}

// change applies manifests in the way that it is given, under the Lease, where nothing stands against it.
func (e Env) change(ctx context.Context, name string, objects []*unstructured.Unstructured, apply func(context.Context, *deploy.Lease) error) error {
	if err := e.settle(ctx, name); err != nil {
		return err
	}
	existing, wanted, err := e.compare(ctx, name, objects)
	if err != nil {
		return err
	}
	return e.hold(ctx, name, "up: apply", func(ctx context.Context, lease *deploy.Lease) error {
		if err := e.keepSealed(ctx, name, existing, wanted); err != nil {
			return err
		}
		return apply(ctx, lease)
	})
}

// finish brings a cluster whose manifests are applied to where all its members are healthy voters under a closed seal.
func (e Env) finish(ctx context.Context, lease *deploy.Lease, name string) (report.Status, error) {
	var none report.Status
	if err := e.closeLeftOpen(ctx, name); err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: roll the members to the current template"); err != nil {
		return none, err
	}
	if err := e.roll(ctx, name); err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: wait until every member is a healthy voter"); err != nil {
		return none, err
	}
	status, err := e.waitHealthy(ctx, name)
	if err != nil {
		return none, err
	}
	if err := lease.Step(ctx, "up: seal"); err != nil {
		return none, err
	}
	if !status.Sealed {
		if err := e.closeSeal(ctx, name); err != nil {
			return none, err
		}
	}
	return e.waitReady(ctx, name)
}

// settle waits for the end of a deletion that an interrupted "down" began: what is applied to a StatefulSet on its way
// out goes with it.
func (e Env) settle(ctx context.Context, name string) error {
	defer e.Progress.Live()
	return wait.PollUntilContextCancel(ctx, lookEvery, true, func(ctx context.Context) (bool, error) {
		set, err := e.Kube.AppsV1().StatefulSets(e.Namespace).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return true, nil
		}
		if err != nil || set.DeletionTimestamp == nil {
			return err == nil, err
		}
		e.Progress.Live("waiting until the StatefulSet " + name + " is gone, which is being deleted")
		return false, nil
	})
}

// keepSealed restores the seal of a cluster that has run already and whose seal ConfigMap was deleted. The manifests
// have it empty: applied as they are, members without data could start again.
func (e Env) keepSealed(ctx context.Context, name string, existing, wanted Existing) error {
	if existing.Seal.State != cluster.SealNone || (existing.StatefulSet == nil && len(existing.Claims) == 0) {
		return nil
	}
	e.Progress.Step("restore the seal: its ConfigMap %s was deleted", wanted.SealConfig)
	return deploy.WriteSeal(ctx, e.Kube, e.Namespace, name, wanted.SealConfig, cluster.SealedData())
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
func (e Env) closeLeftOpen(ctx context.Context, name string) error {
	c, err := e.find(ctx, name)
	if err != nil || c.Seal.State != cluster.SealOpen {
		return err
	}
	e.Progress.Step("close the seal, which was left open for %s", c.Seal.Admits)
	return deploy.WriteSeal(ctx, e.Kube, e.Namespace, name, c.SealConfig, cluster.SealedData())
}

// closeSeal closes the seal after every member was seen as a healthy voter.
func (e Env) closeSeal(ctx context.Context, name string) error {
	c, err := e.find(ctx, name)
	if err != nil {
		return err
	}
	if err := deploy.WriteSeal(ctx, e.Kube, e.Namespace, name, c.SealConfig, cluster.SealedData()); err != nil {
		return fmt.Errorf("every member is healthy, but the cluster is not sealed: %w", err)
	}
	e.Progress.Step("sealed: a member that loses its data can no longer start empty")
	return nil
}

// CheckChange refuses what may not be changed on a cluster that exists.
func (e Env) CheckChange(ctx context.Context, name string, objects []*unstructured.Unstructured) error {
	_, _, err := e.compare(ctx, name, objects)
	return err
}

// compare reads what there is and what the manifests want, and refuses what may not be changed.
func (e Env) compare(ctx context.Context, name string, objects []*unstructured.Unstructured) (existing, wanted Existing, err error) {
	if existing, err = e.Existing(ctx, name); err != nil {
		return existing, wanted, err
	}
	if wanted, err = wantedState(objects); err != nil {
		return existing, wanted, err
	}
	return existing, wanted, checkChange(e.Namespace, name, existing, wanted)
}

// wantedState reads the manifests in the terms of what exists.
func wantedState(objects []*unstructured.Unstructured) (Existing, error) {
	var wanted Existing
	for _, o := range objects {
		if o.GetKind() != "StatefulSet" {
			continue
		}
		var set appsv1.StatefulSet
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &set); err != nil {
			return wanted, fmt.Errorf("read the rendered StatefulSet: %w", err)
		}
		wanted.fromSet(&set)
	}
	return wanted, nil
}

func checkChange(namespace, name string, existing, wanted Existing) error {
	if existing.StatefulSet == nil && len(existing.Claims) == 0 {
		// Nothing runs and nothing is stored. What an interrupted deletion left must not shape a new cluster.
		if (existing.Replicas != 0 && existing.Replicas != wanted.Replicas) || existing.Seal.State == cluster.SealClosed || existing.Seal.State == cluster.SealOpen {
			return fmt.Errorf("the volumes of an earlier cluster %q are gone, but not its bootstrap or seal, which would keep new members from starting (finish with \"kubectl etcd down %s -n %s --delete-data\")", name, name, namespace)
		}
		return nil
	}
	switch {
	case existing.StatefulSet != nil && wanted.SealConfig != existing.SealConfig:
		return fmt.Errorf("cluster %q was deployed from a kustomization that names its objects otherwise (its seal is %q): change it there and apply that", name, existing.SealConfig)
	case existing.pinned():
		return fmt.Errorf("cluster %q runs the image %q, which somebody pinned by its digest: \"up\" would put a tag in its place (change it in the kustomization that pins it, and apply that)", name, existing.Image)
	case existing.StatefulSet != nil && int(ptr.Deref(existing.StatefulSet.Spec.Replicas, 1)) != existing.Replicas:
		return fmt.Errorf("the StatefulSet of cluster %q was scaled to %d by other means, and the cluster was made with %d members (scale it back: kubectl scale statefulset %s -n %s --replicas=%d)",
			name, *existing.StatefulSet.Spec.Replicas, existing.Replicas, name, namespace, existing.Replicas)
	case existing.StatefulSet == nil && existing.goingClaim() != "":
		return fmt.Errorf("the volume claim %q of cluster %q is being deleted (finish with \"kubectl etcd down %s -n %s --delete-data\")", existing.goingClaim(), name, name, namespace)
	case wanted.Replicas != existing.Replicas:
		return fmt.Errorf("cluster %q has %d members, not %d: a member must join and leave etcd's membership one at a time, which applying manifests cannot do", name, existing.Replicas, wanted.Replicas)
	case existing.Storage != "" && wanted.Storage != existing.Storage:
		return fmt.Errorf("cluster %q has volumes of %s, not %s: Kubernetes does not change the volumes of an existing StatefulSet (expand the volume claims themselves)", name, existing.Storage, wanted.Storage)
	case existing.StatefulSet != nil && wanted.StorageClass != existing.StorageClass:
		return fmt.Errorf("cluster %q has %s, not %s: a volume cannot move to another class (bring up a new cluster, and restore a snapshot there)", name, classText(existing.StorageClass), classText(wanted.StorageClass))
	}
	return checkVersions(name, existing.Version(), wanted.Version())
}

func classText(class string) string {
	if class == "" {
		return "the default storage class"
	}
	return fmt.Sprintf("the storage class %q", class)
}

// stuck puts what is waited for into an error, so that a time-out says which pod is stuck on what.
func stuck(what string, lines []string, err error) error {
	if len(lines) == 0 {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: %w\n  %s", what, err, strings.Join(lines, "\n  "))
}
