package certs

import (
	"context"
	"crypto/x509"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

func newStore() Store {
	return Store{
		Kube: fake.NewClientset(), Namespace: "shop", Cluster: "etcd",
		Secrets:     cluster.Secrets{Server: "etcd-server-tls", Peer: "etcd-peer-tls", Client: "etcd-client-tls"},
		ServerNames: []string{"etcd-client", "*.etcd.shop.svc", "127.0.0.1"}, PeerNames: []string{"*.etcd"},
	}
}

func load(t *testing.T, s Store) *Certificates {
	t.Helper()
	k, err := s.LoadAll(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// missing does the steps of Missing and returns the names of their Secrets.
func missing(t *testing.T, k *Certificates, now time.Time) []string {
	t.Helper()
	steps, err := k.Missing(now)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range steps {
		if err := s.Do(t.Context()); err != nil {
			t.Fatal(err)
		}
		names = append(names, s.Secret)
	}
	return names
}

func secret(t *testing.T, s Store, name string) *corev1.Secret {
	t.Helper()
	got, err := s.Kube.CoreV1().Secrets(s.Namespace).Get(t.Context(), name, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestMissingMakesEverythingOnce(t *testing.T) {
	s := newStore()
	want := []string{"etcd-client-ca", "etcd-peer-ca", "etcd-server-tls", "etcd-peer-tls", "etcd-client-tls"}
	if diff := cmp.Diff(want, missing(t, load(t, s), time.Now())); diff != "" {
		t.Error(diff)
	}
	if again := missing(t, load(t, s), time.Now()); again != nil {
		t.Errorf("again: %v", again)
	}
	for _, name := range want {
		got := secret(t, s, name)
		if _, key := got.Data[pki.PrivateKey]; !key || got.Type != corev1.SecretTypeTLS {
			t.Errorf("%s: type %s, keys %v", name, got.Type, key)
		}
	}
	if client := load(t, s).Leaves[2].Cert; client.Subject.CommonName != Root {
		t.Errorf("whoever looks after the cluster is %q", client.Subject.CommonName)
	}
}

// Neither CA has signed certificates of the other.
func TestTwoAuthorities(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	k := load(t, s)
	for _, l := range k.Leaves {
		peers := l.For == "peers"
		if k.Peers.Signed(l.Cert) != peers || k.Clients.Signed(l.Cert) == peers {
			t.Errorf("the certificate for %s is of the wrong CA", l.For)
		}
		trusted := k.Clients.Signer.Cert
		if peers {
			trusted = k.Peers.Signer.Cert
		}
		if !sameCerts(l.trusted, []*x509.Certificate{trusted}) {
			t.Errorf("%s are told to trust others", l.For)
		}
	}
}

func TestMissingIssuesAnew(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	if got := missing(t, load(t, s), time.Now().Add(pki.LeafLife-pki.RenewBefore+time.Hour)); len(got) != 3 {
		t.Errorf("what expires soon: %v", got)
	}
	more := s
	more.ServerNames = append(slices.Clone(s.ServerNames), "etcd.example.com")
	if got := missing(t, load(t, more), time.Now()); !slices.Equal(got, []string{"etcd-server-tls"}) {
		t.Errorf("what lacks a name: %v", got)
	}
	// Renewal keeps an added name, even if it is no longer requested.
	k := load(t, s)
	if err := k.Issue(k.Leaves[0]).Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if lost := pki.Missing(k.Leaves[0].Cert, more.ServerNames); lost != nil {
		t.Errorf("renewed without %v", lost)
	}
}

// A certificate without a user, for clients that log in with a password, is renewed without a user.
func TestClientsWithoutUser(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	if _, err := load(t, s).IssueClient(t.Context(), "", "etcd-client-no-cn", time.Hour); err != nil {
		t.Fatal(err)
	}
	k := load(t, s)
	l := k.Leaves[len(k.Leaves)-1]
	if l.Secret != "etcd-client-no-cn" || l.For != "clients without a user" {
		t.Fatalf("secret %q is for %q", l.Secret, l.For)
	}
	before := l.Cert
	if err := k.Issue(l).Do(t.Context()); err != nil {
		t.Fatal(err)
	}
	if l.Cert.Equal(before) || l.Cert.Subject.CommonName != "" || l.Cert.Subject.String() == "" {
		t.Errorf("renewed for %q", l.Cert.Subject)
	}
	if _, err := k.IssueClient(t.Context(), "orders", l.Secret, time.Hour); err == nil {
		t.Error("a user's certificate takes the place of one without")
	}
}

// A lost CA is not replaced, because the members would not trust a new one.
func TestALostAuthorityIsNotReplaced(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	if err := s.Kube.CoreV1().Secrets(s.Namespace).Delete(t.Context(), "etcd-peer-ca", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	if got := missing(t, load(t, s), time.Now()); got != nil {
		t.Errorf("nothing is due, and yet: %v", got)
	}
	_, err := load(t, s).Missing(time.Now().Add(pki.LeafLife))
	if err == nil || !strings.Contains(err.Error(), `secret "etcd-peer-ca" in namespace "shop" does not exist, so the CA that signed the certificate in secret "etcd-peer-tls" is lost`) {
		t.Errorf("it says %v", err)
	}
}

// A Secret that does not belong to the cluster is not overwritten.
func TestForeignSecretsAreLeftAlone(t *testing.T) {
	s := newStore()
	foreign := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "app", Namespace: "shop"}, Data: map[string][]byte{"password": []byte("x")}}
	if _, err := s.Kube.CoreV1().Secrets("shop").Create(t.Context(), foreign, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	missing(t, load(t, s), time.Now())
	_, err := load(t, s).IssueClient(t.Context(), "app", "app", time.Hour)
	if err == nil || !strings.Contains(err.Error(), `secret "app" in namespace "shop" was not made for the certificates of cluster "etcd"`) {
		t.Errorf("it says %v", err)
	}
	if got := secret(t, s, "app").Data; len(got) != 1 {
		t.Errorf("it has %d keys now", len(got))
	}
	for _, taken := range []string{"etcd-server-tls", "etcd-client-ca", "etcd-peer-ca"} {
		if _, err := load(t, s).IssueClient(t.Context(), "app", taken, time.Hour); err == nil {
			t.Errorf("an application's certificate takes the place of %s", taken)
		}
	}
	if got := missing(t, load(t, s), time.Now()); got != nil {
		t.Errorf("something was changed: %v", got)
	}
}

// Members that have run trust the CAs that they had, so no new CA is created, even if nothing of the old ones is left.
func TestNoNewAuthorityForMembersThatRun(t *testing.T) {
	s := newStore()
	s.Bootstrapped = true
	if steps, err := load(t, s).Missing(time.Now()); err == nil || !strings.Contains(err.Error(), "trust only the CA that it held") {
		t.Errorf("%d steps, %v", len(steps), err)
	}
}

// An unusable Secret does not hide the others, but prevents all writes.
func TestFlaws(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	broken := secret(t, s, "etcd-peer-tls")
	broken.Data = map[string][]byte{pki.CertKey: []byte("ruin")}
	if _, err := s.Kube.CoreV1().Secrets("shop").Update(t.Context(), broken, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	k := load(t, s)
	if k.Leaves[0].Cert == nil || k.Leaves[1].Err == nil {
		t.Errorf("flaws: %v, %v", k.Leaves[0].Err, k.Leaves[1].Err)
	}
	if _, err := k.Missing(time.Now()); err == nil || !strings.Contains(err.Error(), `secret "etcd-peer-tls" in namespace "shop" holds no certificate with its key`) {
		t.Errorf("it says %v", err)
	}
}

// A write removes every other key of the Secret, whichever field manager owns it: a private key that must go is gone.
func TestNothingOfAnOldAuthorityStays(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	rotate(t, s, func(stage Stage, now *Certificates) {
		if stage != StageBegin {
			return
		}
		restored := secret(t, s, now.Clients.Secret) // by a backup tool, which then owns the fields
		if _, err := s.Kube.CoreV1().Secrets("shop").Update(t.Context(), restored, metav1.UpdateOptions{FieldManager: "backup"}); err != nil {
			t.Fatal(err)
		}
	})
	if got := secret(t, s, "etcd-client-ca").Data; len(got) != 2 {
		t.Errorf("it holds %d keys", len(got))
	}
}

// rotate does the steps of a rotation. Each step reads the Secrets again, as it would after an interruption. A step that does
// not lead to the next stage would be repeated for ever, so rotate does at most one step a stage.
func rotate(t *testing.T, s Store, after func(Stage, *Certificates)) {
	t.Helper()
	for steps := 0; ; steps++ {
		k := load(t, s)
		stage := k.Stage()
		if stage == StageBegin && steps > 0 {
			return
		}
		if steps > int(StageForget) {
			t.Fatalf("the rotation does not end: it is at stage %d after %d steps", stage, steps)
		}
		ctx := t.Context()
		var err error
		switch stage {
		case StageBegin:
			err = k.Begin(ctx)
		case StageTrust:
			if err = doAll(ctx, k.Trust(false)); err == nil {
				err = k.Succeed(ctx)
			}
		case StageIssue:
			for _, l := range k.Unsigned() {
				if err == nil {
					err = k.Issue(l).Do(ctx)
				}
			}
		case StageForget:
			if err = doAll(ctx, k.Trust(true)); err == nil {
				err = k.Forget(ctx)
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		after(stage, load(t, s))
	}
}

func doAll(ctx context.Context, steps []Step) error {
	for _, s := range steps {
		if err := s.Do(ctx); err != nil {
			return err
		}
	}
	return nil
}

// At every stage, the CAs in each Secret accept the certificates in the others, so no connection is refused.
func TestRotation(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	k := load(t, s)
	if _, err := k.IssueClient(t.Context(), "app", "app-tls", pki.LeafLife); err != nil {
		t.Fatal(err)
	}
	before := load(t, s)
	var stages []Stage
	rotate(t, s, func(stage Stage, now *Certificates) {
		stages = append(stages, stage)
		for i, l := range now.Leaves {
			if !vouched(l.trusted, l.Cert) {
				t.Errorf("after stage %d the certificate for %s is not vouched for by what its Secret trusts", stage, l.For)
			}
			if stage < StageForget && !vouched(l.trusted, before.Leaves[i].Cert) {
				t.Errorf("after stage %d the old certificate for %s is trusted no more", stage, l.For)
			}
		}
		if missing(t, now, time.Now()) != nil && stage != StageBegin {
			t.Errorf("after stage %d \"up\" finds something to do", stage)
		}
	})
	if diff := cmp.Diff([]Stage{StageBegin, StageTrust, StageIssue, StageForget}, stages); diff != "" {
		t.Error(diff)
	}
	after := load(t, s)
	for i, l := range after.Leaves {
		if vouched(l.trusted, before.Leaves[i].Cert) {
			t.Errorf("the old certificate for %s is still trusted", l.For)
		}
	}
}

func vouched(trusted []*x509.Certificate, c *x509.Certificate) bool {
	return slices.ContainsFunc(trusted, func(ca *x509.Certificate) bool { return c.CheckSignatureFrom(ca) == nil })
}

// A rotation that was killed between the two CAs continues at each CA's stage.
func TestStageBetweenTheAuthorities(t *testing.T) {
	next := func(a *Authority) *Authority { n, _ := pki.NewAuthority(a.name); a.Next = &n; return a }
	old := func(a *Authority) *Authority { next(a).Succeed(); return a }
	fresh := func() *Authority {
		signer, err := pki.NewAuthority("ca")
		if err != nil {
			t.Fatal(err)
		}
		return &Authority{Authority: &pki.Authority{Signer: signer}, name: "ca"}
	}
	for name, c := range map[string]struct {
		clients, peers *Authority
		want           Stage
	}{
		"neither has begun":      {fresh(), fresh(), StageBegin},
		"one has begun":          {next(fresh()), fresh(), StageBegin},
		"both have":              {next(fresh()), next(fresh()), StageTrust},
		"one has succeeded":      {old(fresh()), next(fresh()), StageTrust},
		"both have succeeded":    {old(fresh()), old(fresh()), StageForget},
		"one has been forgotten": {fresh(), old(fresh()), StageForget},
	} {
		k := &Certificates{Clients: c.clients, Peers: c.peers}
		if got := k.Stage(); got != c.want {
			t.Errorf("%s: stage %d, want %d", name, got, c.want)
		}
	}
}
