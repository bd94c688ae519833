package lifecycle

import (
	"bytes"
	"crypto/x509"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/certs"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rotationPhase returns the phase of a replacement of the CAs, or "" if none is observed. It derives the phase from what the
// members presented in the TLS handshakes, and reads no further Secret: many users may not get those of the CAs.
func rotationPhase(v *View) report.RotationPhase {
	if v.Cluster.SealConfig == "" || v.Cluster.StatefulSet == nil {
		return ""
	}
	seen := make([]credentials.Handshake, len(v.Cluster.Members))
	for i, m := range v.Cluster.Members {
		seen[i] = v.Conn.Seen(m.PodName)
	}
	return phaseOf(seen)
}

// phaseOf returns the phase by what each member presented. Only in a replacement does a member trust two client CAs that this
// program made.
func phaseOf(members []credentials.Handshake) report.RotationPhase {
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

// signer returns the newest of the CAs, or nil. The new CA is trusted beside the old one before it signs, and the old one is
// removed later.
func signer(cas []*x509.Certificate) *x509.Certificate {
	if len(cas) == 0 {
		return nil
	}
	return slices.MaxFunc(cas, func(a, b *x509.Certificate) int { return a.NotBefore.Compare(b.NotBefore) })
}
