package lifecycle

import (
	"crypto/x509"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
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
