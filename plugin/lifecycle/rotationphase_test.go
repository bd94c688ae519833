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
	show := func(issuer *x509.Certificate, accepts ...*x509.Certificate) credentials.Seen {
		s := credentials.Seen{Issuer: issuer.RawSubject, CAs: []*x509.Certificate{before, after}}
		for _, c := range accepts {
			s.Accepts = append(s.Accepts, c.RawSubject)
		}
		return s
	}
	without := func(s credentials.Seen, cas ...*x509.Certificate) credentials.Seen { s.CAs = cas; return s }
	one, both := show(before, before), show(before, before, after)
	for name, c := range map[string]struct {
		members []credentials.Seen
		want    report.RotationPhase
	}{
		"none":                               {[]credentials.Seen{one, one, one}, ""},
		"no answer":                          {[]credentials.Seen{{}, {}}, ""},
		"no members":                         {nil, ""},
		"one has restarted":                  {[]credentials.Seen{both, one, one}, report.RotationBegun},
		"one does not answer":                {[]credentials.Seen{both, both, {}}, report.RotationBegun},
		"all trust both":                     {[]credentials.Seen{both, both, both}, report.RotationTrusted},
		"the new CA signs":                   {[]credentials.Seen{show(after, before, after), show(after, after, before)}, report.RotationSigned},
		"the old CA is gone from the Secret": {[]credentials.Seen{without(show(after, after), after), without(show(after, before, after), after)}, report.RotationSigned},
		"the user gave another CA":           {[]credentials.Seen{without(both), without(both)}, report.RotationTrusted},
		"two CAs that were made by hand":     {[]credentials.Seen{show(others, others, more), show(others, others, more)}, ""},
		"one of them made here":              {[]credentials.Seen{show(before, before, others)}, ""},
		"no certificate at all":              {[]credentials.Seen{{Accepts: [][]byte{nil, []byte("x")}}}, ""},
	} {
		if got := phaseOf(c.members); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
