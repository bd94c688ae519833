package certs

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// Stage is the progress of the rotation of the CAs. It is derived from their Secrets, and stored nowhere.
type Stage int

// The stages, each with its next step.
const (
	StageBegin  Stage = iota // a CA has no successor yet: create it
	StageTrust               // all have a successor: distribute trust in it everywhere, then make it the signer
	StageIssue               // all successors are signers: issue the leaves that the old CAs signed
	StageForget              // the new CAs have signed all leaves: remove trust in the old CAs
)

func (k *Certificates) authorities() []*Authority { return []*Authority{k.Clients, k.Peers} }

// Stage returns the present stage. Old CAs are removed only after all successors are signers, so if one CA has an old
// one, no CA is still at StageBegin.
func (k *Certificates) Stage() Stage {
	next, old := 0, 0
	for _, a := range k.authorities() {
		if a.Authority == nil {
			continue
		}
		if a.Next != nil {
			next++
		}
		if len(a.Old) > 0 {
			old++
		}
	}
	switch {
	case next > 0 && next+old == len(k.authorities()):
		return StageTrust
	case old == 0:
		return StageBegin
	case len(k.Unsigned()) > 0:
		return StageIssue
	}
	return StageForget
}

// Begun reports whether a rotation is in progress.
func (k *Certificates) Begun() bool {
	return k.Stage() != StageBegin || slices.ContainsFunc(k.authorities(), func(a *Authority) bool { return a.Authority != nil && a.Next != nil })
}

// Begin creates a successor for each CA that has none.
func (k *Certificates) Begin(ctx context.Context) error {
	for _, a := range k.authorities() {
		if a.Next != nil {
			continue
		}
		next, err := pki.NewAuthority(a.name)
		if err != nil {
			return err
		}
		a.Next = &next
		if err := k.Save(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Succeed makes each successor the signer.
func (k *Certificates) Succeed(ctx context.Context) error {
	for _, a := range k.authorities() {
		if a.Next == nil {
			continue
		}
		a.Succeed()
		if err := k.Save(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Forget removes the old CAs.
func (k *Certificates) Forget(ctx context.Context) error {
	for _, a := range k.authorities() {
		if len(a.Old) == 0 {
			continue
		}
		a.Old = nil
		if err := k.Save(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Unsigned returns the leaves that the present signer has not signed. A leaf whose CA is lost is among them: Issue then
// fails with the CA's Secret, and the rotation does not go on to remove trust.
func (k *Certificates) Unsigned() []*Leaf {
	var found []*Leaf
	for _, l := range k.Leaves {
		if l.Cert != nil && (l.issuer.Authority == nil || !l.issuer.Signed(l.Cert)) {
			found = append(found, l)
		}
	}
	return found
}

// Trust returns the steps after which every leaf's Secret has all trusted CAs, or only the signers.
func (k *Certificates) Trust(signersAlone bool) []Step {
	var steps []Step
	for _, l := range k.Leaves {
		trusted := k.trusted(l.issuer, signersAlone)
		if !sameCerts(l.trusted, trusted) {
			steps = append(steps, k.updateTrust(l, func() []*x509.Certificate { return trusted }))
		}
	}
	return steps
}

func (k *Certificates) trusted(a *Authority, signersAlone bool) []*x509.Certificate {
	if signersAlone {
		return []*x509.Certificate{a.Signer.Cert}
	}
	return a.Trusted()
}

// Expected returns the CAs that the members must trust for clients and for peers: all, or only the signers.
func (k *Certificates) Expected(signersAlone bool) (clients, peers []*x509.Certificate) {
	return k.trusted(k.Clients, signersAlone), k.trusted(k.Peers, signersAlone)
}
