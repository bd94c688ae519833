package bringup

import (
	"context"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/dynamic"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// checkCertManager returns an error if the certificates are to come from cert-manager, and it is not installed.
func checkCertManager(e lifecycle.Env, wanted Existing) error {
	if wanted.Source != cluster.SourceCertManager {
		return nil
	}
	_, err := e.Kube.Discovery().ServerResourcesForGroupVersion(cluster.CertManagerGroup + "/v1")
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("this Kubernetes has no cert-manager: it does not serve the resource Certificates of %s/v1 (install cert-manager, https://cert-manager.io/docs/installation/, or use --tls auto)", cluster.CertManagerGroup)
	}
	return err
}

// certificatesFirst separates cert-manager's objects, which are applied first, so that no pod waits for its certificates.
func certificatesFirst(objects []*unstructured.Unstructured) (first, rest []*unstructured.Unstructured) {
	for _, o := range objects {
		if o.GroupVersionKind().Group == cluster.CertManagerGroup {
			first = append(first, o)
		} else {
			rest = append(rest, o)
		}
	}
	return first, rest
}

// awaitCertificates waits until cert-manager has issued the certificates. It shows which are missing, with their condition.
func awaitCertificates(ctx context.Context, e lifecycle.Env, applier deploy.Applier, certificates []*unstructured.Unstructured) error {
	defer e.Progress.Live()
	var lines []string
	err := wait.PollUntilContextCancel(ctx, lifecycle.LookEvery, true, func(ctx context.Context) (bool, error) {
		lines = nil
		for _, c := range certificates {
			if c.GetKind() != "Certificate" {
				continue
			}
			name, _, _ := unstructured.NestedString(c.Object, "spec", "secretName")
			secret, err := deploy.ReadSecret(ctx, e.Kube, e.Target.Namespace, name)
			if err != nil {
				return false, err
			}
			if secret == nil || len(secret.Data[pki.CertKey]) == 0 {
				lines = append(lines, "certificate "+c.GetName()+": "+applier.Condition(ctx, c))
			}
		}
		e.Progress.Live(lines...)
		return len(lines) == 0, nil
	})
	if err != nil {
		return lifecycle.Stuck("waiting until cert-manager has issued the certificates", slices.Clone(lines), err)
	}
	return nil
}

// removeCertificates deletes cert-manager's objects of the cluster, and returns them.
func removeCertificates(ctx context.Context, e lifecycle.Env, existing Existing) ([]string, error) {
	if existing.Source != cluster.SourceCertManager {
		return nil, nil
	}
	client, err := dynamic.NewForConfig(e.Config)
	if err != nil {
		return nil, err
	}
	return deploy.RemoveCertManager(ctx, client, e.Target.Namespace, e.Target.Name)
}
