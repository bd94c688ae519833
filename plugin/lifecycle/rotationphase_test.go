package lifecycle

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
	testcerts "github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// ca makes a CA whose certificate became valid age ago.
func ca(t *testing.T, name string, age time.Duration) *x509.Certificate {
	t.Helper()
	pair, err := pki.NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	pair.Cert.NotBefore = pair.Cert.NotBefore.Add(-age)
	return pair.Cert
}

func TestPhaseByWhatMembersShow(t *testing.T) {
	before, after := ca(t, "etcd client CA", time.Hour), ca(t, "etcd client CA", 0)
	others, more := ca(t, "company CA", time.Hour), ca(t, "etcd client CA of somebody", 0)
	show := func(issuer *x509.Certificate, accepts ...*x509.Certificate) credentials.Handshake {
		s := credentials.Handshake{Issuer: issuer.RawSubject, CAs: []*x509.Certificate{before, after}}
		for _, c := range accepts {
			s.Accepts = append(s.Accepts, c.RawSubject)
		}
		return s
	}
	without := func(s credentials.Handshake, cas ...*x509.Certificate) credentials.Handshake { s.CAs = cas; return s }
	one, both := show(before, before), show(before, before, after)
	for name, c := range map[string]struct {
		members []credentials.Handshake
		want    report.RotationPhase
	}{
		"none":                               {[]credentials.Handshake{one, one, one}, ""},
		"no answer":                          {[]credentials.Handshake{{}, {}}, ""},
		"no members":                         {nil, ""},
		"one has restarted":                  {[]credentials.Handshake{both, one, one}, report.RotationBegun},
		"one does not answer":                {[]credentials.Handshake{both, both, {}}, report.RotationBegun},
		"all trust both":                     {[]credentials.Handshake{both, both, both}, report.RotationTrusted},
		"the new CA signs":                   {[]credentials.Handshake{show(after, before, after), show(after, after, before)}, report.RotationSigned},
		"the old CA is gone from the Secret": {[]credentials.Handshake{without(show(after, after), after), without(show(after, before, after), after)}, report.RotationSigned},
		"the user gave another CA":           {[]credentials.Handshake{without(both), without(both)}, report.RotationTrusted},
		"two CAs that were made by hand":     {[]credentials.Handshake{show(others, others, more), show(others, others, more)}, ""},
		"one of them made here":              {[]credentials.Handshake{show(before, before, others)}, ""},
		"no certificate at all":              {[]credentials.Handshake{{Accepts: [][]byte{nil, []byte("x")}}}, ""},
	} {
		if got := phaseOf(c.members); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestPhaseNeedsOurManifests: members that trust two of our client CAs are in a rotation only if "certs rotate-ca" could
// continue it, that is in a cluster of our manifests.
func TestPhaseNeedsOurManifests(t *testing.T) {
	t.Parallel()
	pair := func(p *testcerts.Pair, err error) *testcerts.Pair {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	before := pair(testcerts.SelfSigned(testcerts.Spec{CommonName: "etcd client CA 00000001", CA: true}))
	after := pair(testcerts.SelfSigned(testcerts.Spec{CommonName: "etcd client CA 00000002", CA: true}))
	server := pair(after.Issue(testcerts.Spec{CommonName: "etcd-server", Hosts: []string{"localhost"}, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}))
	client := pair(before.Issue(testcerts.Spec{CommonName: "root", Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}}))
	member := etcdtest.Start(t, 1, etcdtest.TLS(t, server, slices.Concat(before.Cert, after.Cert))).Members[0]
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	given, err := credentials.Flags{CACert: file("ca.crt", after.Cert), Cert: file("tls.crt", client.Cert), Key: file("tls.key", client.Key)}.Read()
	if err != nil {
		t.Fatal(err)
	}
	s := (&kubetest.APIServer{Backend: strings.TrimPrefix(member.Endpoint, "http://")}).Serve(t)
	kube, err := kubernetes.NewForConfig(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: []cluster.Member{started(time.Hour, false)}}
	c.Members[0].Server.Scheme, c.Members[0].Server.Host = "https", "localhost"
	conn, err := connect.Open(t.Context(), s.Config(), kube, c, given)
	if err != nil {
		t.Fatal(err)
	}
	v := &View{Cluster: c, Conn: conn}
	defer v.Close()
	if err := v.makeMembers(); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Members[0].Client.Put(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		seal string
		set  *appsv1.StatefulSet
		want report.RotationPhase
	}{
		"of our manifests":             {"etcd-seal", &appsv1.StatefulSet{}, report.RotationTrusted}, // who signs is not known with the user's own --etcd-cacert
		"of others":                    {"", &appsv1.StatefulSet{}, ""},
		"without a StatefulSet":        {"etcd-seal", nil, ""},
		"bare pods of other manifests": {"", nil, ""},
	} {
		c.SealConfig, c.StatefulSet = test.seal, test.set
		if got := rotationPhase(v); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
