package deploy

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// CertsFieldManager is the field manager of the Secrets with a cluster's certificates.
const CertsFieldManager = "kubectl-etcd-certs"

// nudgeAnnotation has no meaning. A change of it makes the kubelet sync the pod, and thereby update its Secret volumes.
const nudgeAnnotation = "etcd.kubectl.dev/certificates"

// ReadSecret returns a Secret, or nil if it does not exist.
func ReadSecret(ctx context.Context, kube kubernetes.Interface, namespace, name string) (*corev1.Secret, error) {
	s, err := kube.CoreV1().Secrets(namespace).Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return s, err
}

// ListSecrets returns the Secrets that are labelled with the cluster's name and the component.
func ListSecrets(ctx context.Context, kube kubernetes.Interface, namespace, name, component string) ([]corev1.Secret, error) {
	list, err := kube.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{LabelSelector: cluster.Selector(name, component)})
	if err != nil {
		return nil, err
	}
	return list.Items, nil
}

// Secret is the desired content of one of a cluster's Secrets with a certificate.
type Secret struct {
	Cluster, Component, Name string
	Data                     map[string][]byte
}

// WriteSecret creates a Secret or replaces all of its data, so that no private key stays that s does not have. It returns an
// error for an existing Secret that does not have the labels of the cluster and the component.
func WriteSecret(ctx context.Context, kube kubernetes.Interface, namespace string, s Secret) error {
	secrets := kube.CoreV1().Secrets(namespace)
	before, err := ReadSecret(ctx, kube, namespace, s.Name)
	switch {
	case err != nil:
		return err
	case before == nil:
		made := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: s.Name, Namespace: namespace}, Type: corev1.SecretTypeTLS, Data: s.Data}
		made.Labels = map[string]string{cluster.LabelName: "etcd", cluster.LabelInstance: s.Cluster, cluster.LabelComponent: s.Component}
		_, err = secrets.Create(ctx, made, metav1.CreateOptions{FieldManager: CertsFieldManager})
	case !OwnSecret(before, s.Cluster, s.Component):
		return ForeignSecretError(before, s.Cluster)
	default:
		before.Data = s.Data // with the resource version that was read: a concurrent write is a conflict
		_, err = secrets.Update(ctx, before, metav1.UpdateOptions{FieldManager: CertsFieldManager})
	}
	if err != nil {
		return fmt.Errorf("write secret %q: %w", s.Name, err)
	}
	return nil
}

// OwnSecret reports whether a Secret has the labels of the cluster and the component.
func OwnSecret(s *corev1.Secret, name, component string) bool {
	return s.Labels[cluster.LabelName] == "etcd" && s.Labels[cluster.LabelInstance] == name && s.Labels[cluster.LabelComponent] == component
}

// ForeignSecretError returns the error for a Secret that has the name of one of the cluster's Secrets and not its labels.
func ForeignSecretError(s *corev1.Secret, name string) error {
	return fmt.Errorf("secret %q in namespace %q was not made for the certificates of cluster %q, and was not changed (choose another name, or find out who uses it)", s.Name, s.Namespace, name)
}

// certManagerAnnotation is on every Secret that cert-manager manages
// (https://cert-manager.io/docs/reference/annotations/).
const certManagerAnnotation = "cert-manager.io/certificate-name"

// FromCertManager reports whether cert-manager manages a Secret.
func FromCertManager(s *corev1.Secret) bool { return s.Annotations[certManagerAnnotation] != "" }

// RefreshPodVolumes makes the kubelet update the pod's Secret volumes now. Without it, that takes up to a minute and a half (kubelet's
// syncFrequency and its cache of Secrets). It returns nil if the user may not patch Pods: the kubelet does it later.
func RefreshPodVolumes(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod) error {
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, nudgeAnnotation, time.Now().UTC().Format(time.RFC3339Nano))
	_, err := kube.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: CertsFieldManager})
	if apierrors.IsForbidden(err) || apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
