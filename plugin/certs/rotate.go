package certs

import (
	"context"
	"crypto/x509"
	"slices"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

// Stage is how far the replacement of the authorities has come. It is read off their Secrets, never remembered.
type Stage int

// The stages, each with what is to be done in it.
const (
	StageBegin  Stage = iota // one has no successor yet: make it
	StageTrust               // all have: once they are trusted everywhere, they can succeed
	StageIssue               // all have succeeded: leaves of the old ones are to be issued anew
	StageForget              // all leaves are of the new ones: the old ones need not be trusted any more
)

func (k *Kit) authorities() []*Authority { return []*Authority{k.Clients, k.Peers} }

// Stage tells the stage. An old authority is forgotten only once all have succeeded, so where there is one, none is at
// its beginning.
func (k *Kit) Stage() Stage {
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

// Begun reports whether a replacement is under way.
func (k *Kit) Begun() bool {
	return k.Stage() != StageBegin || slices.ContainsFunc(k.authorities(), func(a *Authority) bool { return a.Authority != nil && a.Next != nil })
}

// Begin makes the successors that there are not yet.
func (k *Kit) Begin(ctx context.Context) error {
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

// Succeed makes the successors sign.
func (k *Kit) Succeed(ctx context.Context) error {
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

// Forget drops the old authorities.
func (k *Kit) Forget(ctx context.Context) error {
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

// Unsigned returns the leaves that another than the present signer has signed.
func (k *Kit) Unsigned() []*Leaf {
	var found []*Leaf
	for _, l := range k.Leaves {
		if l.Cert != nil && !l.by.Signed(l.Cert) {
			found = append(found, l)
		}
	}
	return found
}

// Trust returns what has to be done so that every leaf's Secret says to trust all that is trusted, or the signers alone.
func (k *Kit) Trust(signersAlone bool) []Step {
	var steps []Step
	for _, l := range k.Leaves {
		trusted := k.trusted(l.by, signersAlone)
		if !sameCerts(l.trusted, trusted) {
			steps = append(steps, k.retrust(l, func() []*x509.Certificate { return trusted }))
		}
	}
	return steps
}

func (k *Kit) trusted(a *Authority, signersAlone bool) []*x509.Certificate {
	if signersAlone {
		return []*x509.Certificate{a.Signer.Cert}
	}
	return a.Trusted()
}

// Expected returns whom the members are to trust of clients and of peers.
func (k *Kit) Expected(signersAlone bool) (clients, peers []*x509.Certificate) {
	return k.trusted(k.Clients, signersAlone), k.trusted(k.Peers, signersAlone)
}
