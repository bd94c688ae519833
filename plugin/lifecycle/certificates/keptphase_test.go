package certificates

import (
	"crypto/x509"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestPhaseByWhatSecretsHold runs the steps of a replacement, and checks the phase after each.
func TestPhaseByWhatSecretsHold(t *testing.T) {
	store := certs.Store{
		Kube: fake.NewClientset(), Namespace: "shop", Cluster: "etcd",
		Secrets: cluster.Secrets{Server: "server", Peer: "peer", Client: "client"}, ServerNames: []string{"a"}, PeerNames: []string{"a"},
	}
	load := func() *certs.Certificates {
		k, err := store.LoadAll(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	do := func(steps []certs.Step, err error) {
		for _, s := range steps {
			if err == nil {
				err = s.Do(t.Context())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	is := func(when string, trusting *certs.Certificates, want report.RotationPhase) {
		t.Helper()
		clients, peers := trusting.Expected(false)
		shown := []MemberShown{{Clients: accepting(clients), Peers: accepting(peers)}}
		if got := keptPhase(load(), shown); got != want {
			t.Errorf("%s: %q, want %q", when, got, want)
		}
	}
	if got := keptPhase(load(), nil); got != report.RotationDone {
		t.Errorf("without any: %q", got)
	}
	do(load().Missing(time.Now()))
	old := load()
	is("at first", old, report.RotationDone)
	do(nil, load().Begin(t.Context()))
	is("new CAs that nobody trusts", old, report.RotationBegun)
	do(load().Trust(false), nil)
	is("new CAs that are trusted", load(), report.RotationTrusted)
	do(nil, load().Succeed(t.Context()))
	is("new CAs that sign", load(), report.RotationTrusted)
	k := load()
	for _, l := range k.Unsigned() {
		do([]certs.Step{k.Issue(l)}, nil)
	}
	is("new CAs that have signed", load(), report.RotationSigned)
	do(load().Trust(true), nil)
	is("old CAs that members forget", load(), report.RotationSigned)
	do(nil, load().Forget(t.Context()))
	is("at the end", load(), report.RotationDone)
}

func accepting(cas []*x509.Certificate) connect.Handshake {
	var s connect.Handshake
	for _, c := range cas {
		s.Accepts = append(s.Accepts, c.RawSubject)
	}
	return s
}
