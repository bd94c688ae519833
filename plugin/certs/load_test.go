package certs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// change edits a Secret.
func change(t *testing.T, s Store, name string, how func(*corev1.Secret)) {
	t.Helper()
	got := secret(t, s, name)
	how(got)
	if _, err := s.Kube.CoreV1().Secrets(s.Namespace).Update(t.Context(), got, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// text returns an error's text, or "".
func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func byCertManager(s *corev1.Secret) {
	s.Labels = nil
	s.Annotations = map[string]string{"cert-manager.io/certificate-name": s.Name}
}

// TestCheckWritable: a Secret that is unusable or foreign prevents all writes, with an error that names it.
func TestCheckWritable(t *testing.T) {
	other := newStore()
	missing(t, load(t, other), time.Now())
	take := func(from string) func(*corev1.Secret) {
		return func(s *corev1.Secret) { s.Data = secret(t, other, from).Data }
	}
	foreign := func(s *corev1.Secret) { s.Labels = nil }
	for name, c := range map[string]struct {
		secret string
		how    func(*corev1.Secret)
		want   string
	}{
		"nothing wrong":           {"etcd-server-tls", func(*corev1.Secret) {}, ""},
		"another CA's":            {"etcd-server-tls", take("etcd-server-tls"), `the CA in secret "etcd-client-ca" did not sign the certificate in secret "etcd-server-tls", and members trust the CA that did (restore that CA)`},
		"a foreign leaf":          {"etcd-server-tls", foreign, `secret "etcd-server-tls" in namespace "shop" does not belong to cluster "etcd" (choose another name for the cluster, or delete that secret)`},
		"a foreign CA":            {"etcd-client-ca", foreign, `secret "etcd-client-ca" in namespace "shop" was not made for the certificates of cluster "etcd"`},
		"cert-manager's":          {"etcd-client-ca", byCertManager, ""},
		"a CA in ruins":           {"etcd-peer-ca", func(s *corev1.Secret) { s.Data[pki.CertKey] = []byte("ruin") }, `secret "etcd-peer-ca" in namespace "shop" holds no CA: `},
		"a leaf in ruins":         {"etcd-peer-tls", func(s *corev1.Secret) { s.Data[pki.CertKey] = []byte("ruin") }, `secret "etcd-peer-tls" in namespace "shop" holds no certificate with its key: `},
		"a foreign leaf in ruins": {"etcd-peer-tls", func(s *corev1.Secret) { s.Labels, s.Data[pki.CertKey] = nil, []byte("ruin") }, `secret "etcd-peer-tls" in namespace "shop" was not made for the certificates of cluster "etcd"`},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore()
			missing(t, load(t, s), time.Now())
			change(t, s, c.secret, c.how)
			got := text(load(t, s).checkWritable())
			if len(got) > len(c.want) && c.want != "" {
				got = got[:len(c.want)] // the rest is from another package
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestLoadAll: applications' certificates have their name and validity. Those that cert-manager issued are left out.
func TestLoadAll(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	for _, name := range []string{"orders", "managed", "ruin"} {
		if _, err := load(t, s).IssueClient(t.Context(), name, name+"-tls", 48*time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	change(t, s, "managed-tls", func(s *corev1.Secret) { s.Annotations = map[string]string{"cert-manager.io/certificate-name": "x"} })
	change(t, s, "ruin-tls", func(s *corev1.Secret) { s.Data[pki.PrivateKey] = nil })
	change(t, s, "orders-tls", func(s *corev1.Secret) { s.Data[pki.CAKey] = []byte("ruin") })
	k := load(t, s)
	type leaf struct{ Secret, For string }
	var got []leaf
	for _, l := range k.Leaves {
		got = append(got, leaf{l.Secret, l.For})
	}
	want := []leaf{{"etcd-server-tls", "servers"}, {"etcd-peer-tls", "peers"}, {"etcd-client-tls", "client root"}, {"orders-tls", "client orders"}, {"ruin-tls", ""}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	if l := k.Leaves[3]; l.spec.Life != 48*time.Hour || l.spec.CommonName != "orders" || l.trusted != nil {
		t.Errorf("it would be renewed as %+v, and trusts %d", l.spec, len(l.trusted))
	}
	if k.Leaves[4].Err == nil || k.Leaves[3].Err != nil {
		t.Errorf("flaws: %v, %v", k.Leaves[3].Err, k.Leaves[4].Err)
	}
}

// TestUsable: when certificates can be issued, and when the plugin can renew them.
func TestUsable(t *testing.T) {
	const noKey = `the CA's private key is not in this Kubernetes: secret "etcd-peer-ca" does not exist in namespace "shop" (issue certificates with the tool that issued those of cluster "etcd")`
	const managed = `cert-manager issued the certificates of cluster "etcd" and renews them (renew them now with "cmctl renew etcd-server-tls etcd-peer-tls etcd-client-tls -n shop")`
	for name, c := range map[string]struct {
		spoil       func(Store)
		usable, own string
	}{
		"all there":                {func(Store) {}, "", ""},
		"one CA is cert-manager's": {func(s Store) { change(t, s, "etcd-peer-ca", byCertManager) }, "", managed},
		"so is the other":          {func(s Store) { change(t, s, "etcd-client-ca", byCertManager) }, "", managed},
		"a CA is not there": {func(s Store) {
			if err := s.Kube.CoreV1().Secrets("shop").Delete(t.Context(), "etcd-peer-ca", metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
		}, noKey, noKey},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore()
			missing(t, load(t, s), time.Now())
			c.spoil(s)
			k := load(t, s)
			if diff := cmp.Diff([]string{c.usable, c.own}, []string{text(k.Usable()), text(k.Own())}); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
