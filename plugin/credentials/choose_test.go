package credentials

import (
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

var (
	server = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	client = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	both   = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
)

// maker makes certificates, and fails the test if one cannot be made.
type maker struct{ t *testing.T }

func (m maker) must(p *certs.Pair, err error) *certs.Pair {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
	return p
}

func (m maker) ca(name string) *certs.Pair {
	return m.must(certs.SelfSigned(certs.Spec{CommonName: name, CA: true, From: -100 * time.Hour}))
}

func (m maker) of(ca *certs.Pair, name string, usages []x509.ExtKeyUsage) *certs.Pair {
	return m.must(ca.Issue(certs.Spec{CommonName: name, Usages: usages}))
}

// secrets are the data of Secrets in namespace "ns", by name; nil is forbidden.
type secrets map[string]map[string][]byte

func (s secrets) contents() map[object]content {
	found := map[object]content{}
	for name, data := range s {
		o := object{settings.Secret, "ns", name}
		c := content{object: o, data: data}
		if data == nil {
			c.err = apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, name, errors.New("no"))
		}
		found[o] = c
	}
	return found
}

// tlsData is a Secret as cert-manager makes it, or if ca is nil, as "kubectl create secret tls" does.
func tlsData(p, ca *certs.Pair) map[string][]byte {
	data := map[string][]byte{"tls.crt": p.Cert, "tls.key": p.Key}
	if ca != nil {
		data["ca.crt"] = ca.Cert
	}
	return data
}

func file(secret, key string) cluster.File {
	return cluster.File{Path: "/" + secret + "/" + key, From: settings.Location{Kind: settings.Secret, Name: secret, Key: key}}
}

func onHost(path string) cluster.File {
	return cluster.File{Path: path, From: settings.Location{Kind: settings.HostPath, Path: path, Text: path + " on the node"}}
}

func pairIn(secret string) cluster.Pair {
	return cluster.Pair{Cert: file(secret, "tls.crt"), Key: file(secret, "tls.key")}
}

func TestClientCertificate(t *testing.T) {
	m := maker{t}
	ca, foreign := m.ca("ca"), m.ca("foreign")
	onlyServer, serves := tlsData(m.of(ca, "server", server), ca), tlsData(m.of(ca, "server", both), ca)
	old := m.must(ca.Issue(certs.Spec{CommonName: "old", Usages: client, From: -2 * time.Hour, Until: -time.Hour}))
	caKey := tlsData(m.of(ca, "server", server), ca)
	caKey["ca.key"] = ca.Key

	tests := []struct {
		name           string
		secrets        secrets
		explicit, peer string // Secrets
		want           string // the common name, or part of the error
	}{
		{"the server's own", secrets{"etcd": serves}, "", "", "server"},
		{"the server's own, without any usage", secrets{"etcd": tlsData(m.of(ca, "any", nil), ca)}, "", "", "any"},
		{"one named client", secrets{"etcd": serves, "a": tlsData(m.of(ca, "a", client), nil), "etcd-client": tlsData(m.of(ca, "b", client), nil)}, "", "", "b"},
		{"one of any name before the server's own", secrets{"etcd": serves, "x": tlsData(m.of(ca, "x", client), nil)}, "", "", "x"},
		{
			"one without its private key", secrets{"etcd": {
				"ca.crt": ca.Cert, "tls.crt": serves["tls.crt"], "tls.key": serves["tls.key"],
				"etcd-client.crt": m.of(ca, "c", client).Cert,
			}}, "", "", "server", // its private key is missing
		},
		{"what the pod's own etcdctl uses", secrets{"etcd": serves, "etcd-client": tlsData(m.of(ca, "b", client), nil), "told": tlsData(m.of(ca, "told", client), nil)}, "told", "", "told"},
		{"the peers' comes last", secrets{"etcd": serves, "peers": tlsData(m.of(ca, "peer", both), nil)}, "", "peers", "server"},
		{"one named peer", secrets{"etcd": serves, "etcd-peer": tlsData(m.of(ca, "peer", both), nil)}, "", "", "server"},
		{"the peers', if there is no other", secrets{"etcd": onlyServer, "peers": tlsData(m.of(ca, "peer", both), nil)}, "", "peers", "peer"},
		{"not one of another CA", secrets{"etcd": serves, "etcd-client": tlsData(m.of(foreign, "f", client), nil)}, "", "", "server"},
		{"not one that has expired", secrets{"etcd": serves, "etcd-client": tlsData(old, nil)}, "", "", "server"},
		{"one that has expired, if there is no other", secrets{"etcd": onlyServer, "etcd-client": tlsData(old, nil)}, "", "", "old"},
		{"not the CA's key", secrets{"etcd": caKey}, "", "", "valid for clients"},
		{"a forbidden Secret that is not needed", secrets{"etcd": serves, "other": nil}, "", "", "server"},
		{"a forbidden Secret that is needed", secrets{"etcd": onlyServer, "other": nil}, "", "", "forbidden"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			of := cluster.TLS{ClientAuth: true, Cert: file("etcd", "tls.crt"), Key: file("etcd", "tls.key"), TrustedCA: file("etcd", "ca.crt")}
			for name := range test.secrets {
				of.Secrets = append(of.Secrets, name)
			}
			if test.explicit != "" {
				of.Client = pairIn(test.explicit)
			}
			if test.peer != "" {
				of.Peer = file(test.peer, "tls.crt")
			}
			p, missing := finder{namespace: "ns", contents: test.secrets.contents()}.client(of)
			got := errors.Join(missing...)
			if p != nil {
				got = errors.New(p.Leaf.Subject.CommonName)
			}
			if got == nil || !strings.Contains(got.Error(), test.want) {
				t.Errorf("got %v, want %q", got, test.want)
			}
		})
	}
}

func TestAuthority(t *testing.T) {
	m := maker{t}
	ca, foreign := m.ca("ca"), m.ca("foreign")
	issued := m.of(ca, "server", server)
	self := m.must(certs.SelfSigned(certs.Spec{CommonName: "self", Usages: server}))
	old := m.must(ca.Issue(certs.Spec{CommonName: "old", Usages: server, From: -48 * time.Hour, Until: -24 * time.Hour}))
	renewed := m.must(ca.Renew(certs.Spec{CommonName: "ca", CA: true, From: -time.Hour}))
	caOnly := map[string][]byte{"ca.pem": ca.Cert}

	tests := []struct {
		name     string
		secrets  secrets
		cert     cluster.File
		trusted  cluster.File
		clientCA cluster.File
		want     string // the common names, or part of the error
	}{
		{"beside the certificate", secrets{"etcd": tlsData(issued, ca)}, file("etcd", "tls.crt"), cluster.File{}, cluster.File{}, `"CN=ca"`},
		{"what etcdctl uses", secrets{"etcd": tlsData(issued, foreign), "cli": caOnly}, file("etcd", "tls.crt"), cluster.File{}, file("cli", "ca.pem"), `"CN=ca"`},
		{"what clients are verified with", secrets{"etcd": tlsData(issued, nil), "clients": caOnly}, file("etcd", "tls.crt"), file("clients", "ca.pem"), cluster.File{}, `"CN=ca"`},
		{"not a CA only for clients", secrets{"etcd": tlsData(issued, ca), "clients": {"ca.crt": foreign.Cert}}, file("etcd", "tls.crt"), file("clients", "ca.crt"), cluster.File{}, `"CN=ca"`},
		{"of a certificate that has expired", secrets{"etcd": tlsData(old, ca)}, file("etcd", "tls.crt"), cluster.File{}, cluster.File{}, `"CN=ca"`},
		{"self-signed", secrets{"etcd": tlsData(self, nil)}, file("etcd", "tls.crt"), cluster.File{}, cluster.File{}, `"CN=self"`},
		{"no CA verifies it", secrets{"etcd": tlsData(issued, foreign)}, file("etcd", "tls.crt"), cluster.File{}, cluster.File{}, `"CN=server", "CN=foreign"`},
		{"a CA that was renewed since", secrets{"etcd": tlsData(old, renewed)}, file("etcd", "tls.crt"), cluster.File{}, cluster.File{}, `"CN=ca"`},
		{"the certificate cannot be read", secrets{"clients": caOnly}, onHost("/pki/server.crt"), file("clients", "ca.pem"), cluster.File{}, `"CN=ca"`},
		{"nothing can be read", secrets{}, onHost("/pki/server.crt"), onHost("/pki/ca.crt"), cluster.File{}, "/pki/ca.crt on the node"},
		{"forbidden", secrets{"etcd": nil}, file("etcd", "tls.crt"), cluster.File{}, cluster.File{}, "forbidden"},
		{"a key that is not there", secrets{"etcd": {}}, file("etcd", "tls.crt"), cluster.File{}, cluster.File{}, `secret ns/etcd has no key "tls.crt"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a, missing := finder{namespace: "ns", contents: test.secrets.contents()}.authority(cluster.TLS{Cert: test.cert, TrustedCA: test.trusted, ClientCA: test.clientCA})
			got := errors.Join(missing...)
			if a != nil {
				got = errors.New(a.subjects())
			}
			if got == nil || a != nil && got.Error() != test.want || !strings.Contains(got.Error(), test.want) {
				t.Errorf("got %v, want %q", got, test.want)
			}
		})
	}
}
