package lifecycle

import (
	"bytes"
	"crypto/x509"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rotationPhase tells how far a replacement of the CAs is by what the members showed while they were asked, or "" where
// there is none to be seen. It reads no Secret that the connections did not take: those of the CAs are not for everybody.
func rotationPhase(v *View) report.RotationPhase {
	if v.Cluster.SealConfig == "" || v.Cluster.StatefulSet == nil {
		return ""
	}
	seen := make([]credentials.Seen, len(v.Cluster.Members))
	for i, m := range v.Cluster.Members {
		seen[i] = v.Conn.Seen(m.PodName)
	}
	return phaseOf(seen)
}

// phaseOf is the phase by what each member showed. A member trusts two CAs that were made here in a replacement alone.
func phaseOf(members []credentials.Seen) report.RotationPhase {
	trusting := 0
	for _, m := range members {
		ours := slices.DeleteFunc(slices.Clone(m.Accepts), func(subject []byte) bool { return !certs.IsClientCA(subject) })
		if len(ours) < 2 {
			continue
		}
		trusting++
		if s := signer(m.CAs); s != nil && bytes.Equal(s.RawSubject, m.Issuer) {
			return report.RotationSigned
		}
	}
	switch trusting {
	case 0:
		return ""
	case len(members):
		return report.RotationTrusted
	}
	return report.RotationBegun
}

// signer returns the newest of the CAs: before it signs it is trusted beside the old one, and afterwards it stays.
func signer(cas []*x509.Certificate) *x509.Certificate {
	if len(cas) == 0 {
		return nil
	}
	return slices.MaxFunc(cas, func(a, b *x509.Certificate) int { return a.NotBefore.Compare(b.NotBefore) })
}
