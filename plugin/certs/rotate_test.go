package certs

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// secrets returns the names of the steps' Secrets.
func secrets(steps []Step) []string {
	var names []string
	for _, s := range steps {
		names = append(names, s.Secret)
	}
	return names
}

// TestBegun: a rotation is in progress from the first successor until the last old CA is removed.
func TestBegun(t *testing.T) {
	s := newStore()
	if load(t, s).Begun() {
		t.Error("one is under way where there is no CA yet")
	}
	missing(t, load(t, s), time.Now())
	begun := map[Stage]bool{}
	if load(t, s).Begun() {
		t.Error("one is under way before it began")
	}
	rotate(t, s, func(stage Stage, now *Certificates) { begun[stage] = now.Begun() })
	want := map[Stage]bool{StageBegin: true, StageTrust: true, StageIssue: true, StageForget: false}
	if diff := cmp.Diff(want, begun); diff != "" {
		t.Errorf("after each stage, -want +got:\n%s", diff)
	}
}

// TestStepsTakenTwice: a CA with a successor gets no other one. Without a successor, Succeed and Forget change nothing.
func TestStepsTakenTwice(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	ctx := t.Context()
	k := load(t, s)
	signers := func(k *Certificates) []string {
		return []string{k.Clients.Signer.Cert.Subject.CommonName, k.Peers.Signer.Cert.Subject.CommonName}
	}
	first := signers(k)
	if err := k.Succeed(ctx); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, signers(load(t, s))); diff != "" {
		t.Errorf("without a successor, -want +got:\n%s", diff)
	}
	if err := k.Begin(ctx); err != nil {
		t.Fatal(err)
	}
	second := []string{k.Clients.Next.Cert.Subject.CommonName, k.Peers.Next.Cert.Subject.CommonName}
	again := load(t, s)
	for _, do := range []func() error{func() error { return again.Begin(ctx) }, func() error { return again.Succeed(ctx) }, func() error { return again.Succeed(ctx) }} {
		if err := do(); err != nil {
			t.Fatal(err)
		}
	}
	got := load(t, s)
	if diff := cmp.Diff(second, signers(got)); diff != "" {
		t.Errorf("begun twice and succeeded twice, -want +got:\n%s", diff)
	}
	if len(got.Clients.Old) != 1 || len(got.Peers.Old) != 1 || got.Stage() != StageIssue {
		t.Errorf("%d and %d old ones, stage %d", len(got.Clients.Old), len(got.Peers.Old), got.Stage())
	}
	if got, want := len(got.Unsigned()), 3; got != want {
		t.Errorf("%d leaves are of the old ones, want %d", got, want)
	}
	if err := got.Forget(ctx); err != nil {
		t.Fatal(err)
	}
	if got := load(t, s); len(got.Clients.Old)+len(got.Peers.Old) != 0 || got.Clients.Next != nil {
		t.Errorf("%d and %d old ones, successor %v", len(got.Clients.Old), len(got.Peers.Old), got.Clients.Next)
	}
}

// TestTrust: the Secrets that must be written to trust all CAs, and to trust only the signers.
func TestTrust(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	k := load(t, s)
	all := []string{"etcd-server-tls", "etcd-peer-tls", "etcd-client-tls"}
	for _, c := range []struct {
		name           string
		do             func() error
		everyone, sole []string
		expected       []int // numbers of CAs for clients and for peers: all, then only the signers
	}{
		{"before", func() error { return nil }, nil, nil, []int{1, 1, 1, 1}},
		{"with successors", func() error { return k.Begin(t.Context()) }, all, nil, []int{2, 2, 1, 1}},
		{"trusted", func() error { return doAll(t.Context(), k.Trust(false)) }, nil, all, []int{2, 2, 1, 1}},
		{"succeeded", func() error { return k.Succeed(t.Context()) }, nil, all, []int{2, 2, 1, 1}},
		{"signers alone trusted", func() error { return doAll(t.Context(), k.Trust(true)) }, all, nil, []int{2, 2, 1, 1}},
		{"forgotten", func() error { return k.Forget(t.Context()) }, nil, nil, []int{1, 1, 1, 1}},
	} {
		if err := c.do(); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([][]string{c.everyone, c.sole}, [][]string{secrets(k.Trust(false)), secrets(k.Trust(true))}); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
		clients, peers := k.Expected(false)
		soleClients, solePeers := k.Expected(true)
		if got := []int{len(clients), len(peers), len(soleClients), len(solePeers)}; !slices.Equal(got, c.expected) {
			t.Errorf("%s: trusted are %v, want %v", c.name, got, c.expected)
		}
	}
}

// TestAuthorityLostDuringRotation: the stage can still be read, and the rotation stops with the Secret that is missing.
func TestAuthorityLostDuringRotation(t *testing.T) {
	for lost, want := range map[string][]string{"etcd-client-ca": {"servers", "client root"}, "etcd-peer-ca": {"peers"}} {
		t.Run(lost, func(t *testing.T) {
			s := newStore()
			missing(t, load(t, s), time.Now())
			ctx := t.Context()
			k := load(t, s)
			for _, do := range []func(context.Context) error{k.Begin, k.Succeed} {
				if err := do(ctx); err != nil {
					t.Fatal(err)
				}
			}
			for _, l := range k.Unsigned() {
				if err := k.Issue(l).Do(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Kube.CoreV1().Secrets("shop").Delete(ctx, lost, metav1.DeleteOptions{}); err != nil {
				t.Fatal(err)
			}
			k = load(t, s)
			if got := k.Stage(); got != StageIssue {
				t.Errorf("stage %d, want %d", got, StageIssue)
			}
			var unsigned []string
			for _, l := range k.Unsigned() {
				unsigned = append(unsigned, l.For)
				if err := k.Issue(l).Do(ctx); err == nil || !strings.Contains(err.Error(), strconv.Quote(lost)) {
					t.Errorf("%v, want that secret %q is missing", err, lost)
				}
			}
			if diff := cmp.Diff(want, unsigned); diff != "" {
				t.Errorf("unsigned, -want +got:\n%s", diff)
			}
		})
	}
}

// TestKilledBetweenTheAuthorities: a step that was killed after the first CA is done for the second one when it runs again.
func TestKilledBetweenTheAuthorities(t *testing.T) {
	s := newStore()
	missing(t, load(t, s), time.Now())
	for _, step := range []struct {
		name string
		do   func(*Certificates, context.Context) error
		done func(*Authority) bool
	}{
		{"begin", (*Certificates).Begin, func(a *Authority) bool { return a.Next != nil }},
		{"succeed", (*Certificates).Succeed, func(a *Authority) bool { return a.Next == nil && len(a.Old) == 1 }},
		{"forget", (*Certificates).Forget, func(a *Authority) bool { return len(a.Old) == 0 }},
	} {
		k := load(t, s)
		// With the clients' CA in both places, the step does that CA only.
		if err := step.do(&Certificates{Store: k.Store, Clients: k.Clients, Peers: k.Clients}, t.Context()); err != nil {
			t.Fatal(err)
		}
		if k = load(t, s); step.name == "begin" && (k.Stage() != StageBegin || !k.Begun()) {
			t.Errorf("%s: stage %d, begun: %t", step.name, k.Stage(), k.Begun())
		}
		if !step.done(k.Clients) || step.done(k.Peers) {
			t.Fatalf("%s: done for clients: %t, for peers: %t", step.name, step.done(k.Clients), step.done(k.Peers))
		}
		if err := step.do(k, t.Context()); err != nil {
			t.Fatal(err)
		}
		if k = load(t, s); !step.done(k.Clients) || !step.done(k.Peers) {
			t.Errorf("%s again: done for clients: %t, for peers: %t", step.name, step.done(k.Clients), step.done(k.Peers))
		}
	}
}
