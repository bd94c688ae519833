package credentials

import (
	"crypto/x509"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// TestRootSecret looks for root's certificate among the Secrets of a namespace, and reads only those that may have it.
func TestRootSecret(t *testing.T) {
	authority := func() *certs.Pair {
		ca, err := certs.SelfSigned(certs.Spec{CommonName: "ca", CA: true})
		if err != nil {
			t.Fatal(err)
		}
		return ca
	}
	ours, others := authority(), authority()
	secret := func(ca *certs.Pair, name, commonName string) *corev1.Secret {
		p, err := ca.Issue(certs.Spec{CommonName: commonName, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		if err != nil {
			t.Fatal(err)
		}
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Data: map[string][]byte{"tls.crt": p.Cert, "tls.key": p.Key}}
	}
	c := members(cluster.Server{Scheme: "https", TLS: cluster.TLS{TrustedCA: cluster.File{Path: "/c/ca.crt", From: settings.Location{Kind: settings.Secret, Name: "etcd-certs", Key: "ca.crt"}}}})
	trusted := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "etcd-certs", Namespace: "ns"}, Data: map[string][]byte{"ca.crt": ours.Cert}}
	kube := fake.NewClientset(trusted, secret(others, "a-root", "root"), secret(ours, "b-client", "app"), secret(ours, "c-root-client", "root"), secret(ours, "unrelated", "root"))
	names := []string{"a-root", "b-client", "c-root-client", "etcd-certs", "unrelated"}
	if got := RootSecret(t.Context(), kube, c, names); got != "c-root-client" {
		t.Errorf("%q", got)
	}
	var read []string
	for _, action := range kube.Actions() {
		read = append(read, action.(k8stesting.GetAction).GetName())
	}
	if text := strings.Join(read, " "); strings.Contains(text, "unrelated") {
		t.Errorf("read are %s", text)
	}
	if got := RootSecret(t.Context(), fake.NewClientset(trusted), c, names); got != "" {
		t.Errorf("none: %q", got)
	}
}

func TestRootPasswordOf(t *testing.T) {
	c := members(cluster.Server{Container: "etcd"})
	if diff := cmp.Diff(RootPassword{}, RootPasswordOf(c)); diff != "" {
		t.Error(diff)
	}
	c.Members[1].Pod.Spec.Containers = []corev1.Container{{Name: "etcd", Env: []corev1.EnvVar{
		{Name: "ETCD_NAME", Value: "x"},
		{Name: "ETCD_ROOT_PASSWORD", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "kv"}, Key: "PASSWORD"}}},
	}}}
	if diff := cmp.Diff(RootPassword{"etcd-1", "ETCD_ROOT_PASSWORD", "kv", "PASSWORD"}, RootPasswordOf(c)); diff != "" {
		t.Error(diff)
	}
}
