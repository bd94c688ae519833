package bringup

import (
	"cmp"
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
)

// CheckChange returns an error if w has a change that an existing cluster cannot take. It changes nothing.
func CheckChange(ctx context.Context, e lifecycle.Env, w Wanted) error {
	_, _, err := compare(ctx, e, w)
	return err
}

// compare returns the state of the existing cluster and that in the manifests, and an error if the change is not possible.
func compare(ctx context.Context, e lifecycle.Env, w Wanted) (existing, wanted Existing, err error) {
	if existing, err = ReadExisting(ctx, e); err != nil {
		return existing, wanted, err
	}
	if wanted, err = wantedState(w.Objects); err != nil {
		return existing, wanted, err
	}
	if err := checkChange(e.Target, existing, wanted); err != nil {
		return existing, wanted, err
	}
	if existing.lostBootstrap() {
		e.Progress.Step("the bootstrap ConfigMap of cluster %q is gone: its members start with the data of %s, and no member starts without data", e.Target.Name, claimNames(existing.Claims))
	}
	if err := checkCertManager(e, wanted); err != nil {
		return existing, wanted, err
	}
	return existing, wanted, checkSecrets(ctx, e, wanted)
}

// wantedState returns the state in the manifests, to compare it with the existing one.
func wantedState(objects []*unstructured.Unstructured) (Existing, error) {
	var wanted Existing
	for _, o := range objects {
		switch {
		case o.GetKind() == "StatefulSet":
			var set appsv1.StatefulSet
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &set); err != nil {
				return wanted, fmt.Errorf("read the rendered StatefulSet: %w", err)
			}
			source := wanted.Source // the bootstrap ConfigMap's has precedence
			wanted.fromSet(&set)
			wanted.Source = cmp.Or(source, wanted.Source)
		case o.GetLabels()[cluster.LabelComponent] == cluster.ComponentBootstrap:
			var config corev1.ConfigMap
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, &config); err != nil {
				return wanted, fmt.Errorf("read the rendered ConfigMap: %w", err)
			}
			wanted.fromBootstrap(&config)
		}
	}
	return wanted, nil
}

// checkChange returns an error if the change from existing to wanted is not possible.
func checkChange(target cluster.Target, existing, wanted Existing) error {
	if existing.StatefulSet == nil && len(existing.Unlabelled) > 0 {
		return unlabelledError(target, existing.Unlabelled)
	}
	if existing.StatefulSet == nil && len(existing.Claims) == 0 {
		// There are no members and no volumes. Objects that an interrupted deletion left must not influence a new cluster.
		differs := existing.Replicas != 0 && (existing.Replicas != wanted.Replicas || existing.Source != wanted.Source)
		if differs || existing.Seal.State == cluster.SealClosed || existing.Seal.State == cluster.SealOpen {
			return fmt.Errorf("the volumes of an earlier cluster %q are gone, but its bootstrap or seal ConfigMap still exists and would keep new members from starting (finish with \"kubectl etcd down %s -n %s --delete-data\")", target.Name, target.Name, target.Namespace)
		}
		return nil
	}
	switch {
	case existing.StatefulSet != nil && wanted.SealConfig != existing.SealConfig:
		return fmt.Errorf("cluster %q was deployed from a kustomization that gives its objects other names (its seal is %q): change that kustomization and apply it", target.Name, existing.SealConfig)
	case existing.pinned():
		return fmt.Errorf("cluster %q runs the image %q, which is pinned by its digest: \"up\" would replace the digest by a tag (change the image in the kustomization that pins it, and apply that)", target.Name, existing.Image)
	case existing.StatefulSet != nil && int(ptr.Deref(existing.StatefulSet.Spec.Replicas, 1)) != existing.Replicas:
		return fmt.Errorf("the StatefulSet of cluster %q was scaled to %d, but the cluster was created with %d members (scale it back: kubectl scale statefulset %s -n %s --replicas=%d)",
			target.Name, *existing.StatefulSet.Spec.Replicas, existing.Replicas, target.Name, target.Namespace, existing.Replicas)
	case existing.StatefulSet == nil && existing.terminatingClaim() != "":
		return fmt.Errorf("the volume claim %q of cluster %q is being deleted (finish with \"kubectl etcd down %s -n %s --delete-data\")", existing.terminatingClaim(), target.Name, target.Name, target.Namespace)
	case existing.Source != "" && existing.Source != wanted.Source:
		return sourceError(target, existing.Source, wanted.Source)
	case existing.lostBootstrap():
		return checkClaimCount(target, existing, wanted.Replicas)
	case wanted.Replicas != existing.Replicas:
		return fmt.Errorf("cluster %q has %d members, not %d: a member must join and leave etcd's membership one at a time, which applying manifests cannot do", target.Name, existing.Replicas, wanted.Replicas)
	case existing.Storage != "" && wanted.Storage != existing.Storage:
		return fmt.Errorf("cluster %q has volumes of %s, not %s: Kubernetes does not change the volumes of an existing StatefulSet (expand the volume claims themselves)", target.Name, existing.Storage, wanted.Storage)
	case existing.StatefulSet != nil && wanted.StorageClass != existing.StorageClass:
		return fmt.Errorf("cluster %q has %s, not %s: a volume cannot change its storage class (bring up a new cluster, and restore a snapshot there)", target.Name, classText(existing.StorageClass), classText(wanted.StorageClass))
	}
	return checkVersions(target.Name, existing.Version(), wanted.Version())
}

func classText(class string) string {
	if class == "" {
		return "the default storage class"
	}
	return fmt.Sprintf("the storage class %q", class)
}

// sourceError is the error for another source of a cluster's certificates. Members with TLS refuse those without it and those
// of another CA, so there would be no quorum between the first restart and the last.
func sourceError(target cluster.Target, existing, wanted cluster.CertificateSource) error {
	const way = "take a snapshot, bring up a new cluster with these options, and restore the snapshot there"
	what := fmt.Sprintf("has its certificates from %q, not from %q: members with certificates of two CAs refuse each other", existing, wanted)
	switch {
	case existing == cluster.SourceOff:
		what = "was brought up without TLS, and TLS cannot be turned on in place: members with TLS and members without it refuse each other"
	case wanted == cluster.SourceOff:
		what = "was brought up with TLS, and TLS cannot be turned off in place: members with TLS and members without it refuse each other"
	}
	return fmt.Errorf("cluster %q in namespace %q %s (%s: docs/security.md has the commands)", target.Name, target.Namespace, what, way)
}

// Wanted is the desired state of a cluster: the rendered manifests, and further names for its certificates.
type Wanted struct {
	Objects []*unstructured.Unstructured
	Names   certificates.Names
}
