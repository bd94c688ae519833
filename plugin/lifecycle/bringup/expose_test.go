package bringup

import (
	"crypto/x509"
	"net"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
)

func TestBalancerOf(t *testing.T) {
	service := func(name, kind string) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{"kind": "Service", "metadata": map[string]any{"name": name}, "spec": map[string]any{"type": kind}}}
	}
	plain := []*unstructured.Unstructured{service("etcd", ""), service("etcd-client", "ClusterIP")}
	if got := balancerOf(plain); got != "" {
		t.Errorf("without one: %q", got)
	}
	if got := balancerOf(append(plain, service("lb", "LoadBalancer"))); got != "lb" {
		t.Errorf("with one: %q", got)
	}
}

// The certificates that members present count, whatever their source. A member that presents none is left out.
func TestMissingNames(t *testing.T) {
	shown := func(addresses ...net.IP) certificates.MemberShown {
		return certificates.MemberShown{Clients: connect.Handshake{Chain: []*x509.Certificate{{DNSNames: []string{"lb.example"}, IPAddresses: addresses}}}}
	}
	ip := net.ParseIP("10.0.0.7")
	members := []certificates.MemberShown{shown(ip), shown(), {}}
	if diff := cmp.Diff([]string{"10.0.0.7"}, missingNames(members, []string{"lb.example", "10.0.0.7"})); diff != "" {
		t.Error(diff)
	}
	if got := missingNames(members[:1], []string{"lb.example", "10.0.0.7"}); len(got) > 0 {
		t.Errorf("nothing is lacking, and yet %q", got)
	}
}

func TestAddNamesNote(t *testing.T) {
	for source, want := range map[cluster.CertificateSource]string{
		cluster.SourceCertManager: `the server certificate does not contain 10.0.0.7, so clients that verify it refuse the members at that address (let cert-manager issue it with that name: "kubectl etcd up etcd -n ns --tls-san etcd.example,10.0.0.7")`,
		cluster.SourceSecret:      `the server certificate does not contain 10.0.0.7, so clients that verify it refuse the members at that address (issue it with that name too, and put it into secret "vault": etcd reads it at the next connection)`,
	} {
		wanted := Existing{Source: source, ExtraNames: []string{"etcd.example"}, Secrets: cluster.Secrets{Server: "vault"}}
		if diff := cmp.Diff(want, addNamesNote(cluster.Target{Namespace: "ns", Name: "etcd"}, wanted, []string{"10.0.0.7"})); diff != "" {
			t.Error(diff)
		}
	}
}
