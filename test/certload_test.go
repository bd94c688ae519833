//go:build e2e

package test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
)

const certNamespace = "e2e-certificates"

// TestCertificatesUnderLoad replaces certificates and CAs while an application writes. The application reads its certificate
// from a Secret at each connection.
func TestCertificatesUnderLoad(t *testing.T) {
	t.Parallel()
	s := open(t)
	kubeconfig := s.up(t, certNamespace)
	if out, err := s.as(t, kubeconfig, "kubectl etcd certs issue --cn writer"); err != nil {
		t.Fatal(err, out)
	}
	t.Run("renew", func(t *testing.T) {
		before := s.members(t, kubeconfig)
		w := s.startWriter(t, kubeconfig, "renew/")
		s.must(t, kubeconfig, "kubectl etcd certs renew")
		w.writesOn(t)
		if err := w.stop(); err != nil || w.failed > 0 {
			t.Errorf("%d of %d writes failed: %v", w.failed, w.tried, err)
		}
		w.verify(t)
		if after := s.members(t, kubeconfig); after != before {
			t.Errorf("a member was restarted: %s, before %s", after, before)
		}
	})
	t.Run("rotate-ca", func(t *testing.T) {
		before := s.certificates(t, kubeconfig)
		w := s.startWriter(t, kubeconfig, "rotate/")
		s.rotateInterrupted(t, kubeconfig)
		w.writesOn(t)
		if err := w.stop(); err != nil {
			t.Error(err)
		}
		w.verify(t)
		after := s.certificates(t, kubeconfig)
		for fingerprint := range before {
			if after[fingerprint] {
				t.Errorf("the certificate %s is still there", fingerprint)
			}
		}
		s.must(t, kubeconfig, "kubectl etcd status")
	})
}

// rotateInterrupted kills a rotation several times, each time a little later, and lets the last one finish.
func (s sandbox) rotateInterrupted(t *testing.T, kubeconfig string) {
	t.Helper()
	for _, after := range []time.Duration{1500 * time.Millisecond, 6 * time.Second, 15 * time.Second} {
		ctx, cancel := context.WithTimeout(t.Context(), after)
		cmd := exec.CommandContext(ctx, s.program("kubectl-etcd"), "certs", "rotate-ca", "--yes")
		cmd.Env = environment(kubeconfig)
		out, err := cmd.CombinedOutput()
		cancel()
		t.Logf("killed after %s: %v\n%s", after, err, out)
		// A killed process has not released its Lease, if it had one. The journey interrupted waits until one expires.
		s.must(t, kubeconfig, `kubectl get lease etcd-operation --ignore-not-found -o name |
			xargs -r kubectl patch --type=merge -p '{"spec":{"renewTime":"2020-01-01T00:00:00.000000Z"}}'`)
	}
	t.Log(s.must(t, kubeconfig, "kubectl etcd certs rotate-ca --yes"))
}

// must runs a command that has to succeed, and returns its output.
func (s sandbox) must(t *testing.T, kubeconfig, line string) string {
	t.Helper()
	out, err := s.as(t, kubeconfig, line)
	if err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
	return out
}

// members returns the pods and their containers' restart counts.
func (s sandbox) members(t *testing.T, kubeconfig string) string {
	t.Helper()
	return s.must(t, kubeconfig, `kubectl get pods -l app.kubernetes.io/component=member -o 'jsonpath={range .items[*]}{.metadata.uid}/{.status.containerStatuses[0].restartCount} {end}'`)
}

// certificates returns the fingerprints of the cluster's certificates.
func (s sandbox) certificates(t *testing.T, kubeconfig string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, f := range strings.Fields(s.must(t, kubeconfig, "kubectl etcd certs list -o jsonpath='{.certificates[*].fingerprint}'")) {
		found[f] = true
	}
	return found
}

// writer is an application that writes one key after another, each until it is acknowledged.
type writer struct {
	client *clientv3.Client
	prefix string
	cancel context.CancelFunc
	done   chan struct{}

	tried, failed int
	acknowledged  []string
	longest       time.Duration // between two acknowledgements
	last          error
}

func (s sandbox) startWriter(t *testing.T, kubeconfig, prefix string) *writer {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	w := &writer{client: applicationClient(t, kubeconfig, certNamespace, "etcd-client-writer"), prefix: prefix, cancel: cancel, done: make(chan struct{})}
	go w.run(ctx)
	return w
}

func (w *writer) run(ctx context.Context) {
	defer close(w.done)
	before := time.Now()
	for n := 0; ctx.Err() == nil; n++ {
		key := fmt.Sprintf("%s%06d", w.prefix, n)
		for ctx.Err() == nil {
			w.tried++
			call, cancel := context.WithTimeout(ctx, 5*time.Second)
			_, err := w.client.Put(call, key, key)
			cancel()
			if err == nil {
				w.acknowledged = append(w.acknowledged, key)
				w.longest = max(w.longest, time.Since(before))
				before = time.Now()
				break
			}
			if ctx.Err() == nil {
				w.failed, w.last = w.failed+1, err
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// writesOn waits until more writes are acknowledged, so that the last change is under load too.
func (w *writer) writesOn(t *testing.T) {
	t.Helper()
	time.Sleep(2 * time.Second)
}

// stop ends the writer. It returns an error with the last failure if no write was acknowledged.
func (w *writer) stop() error {
	w.cancel()
	<-w.done
	if len(w.acknowledged) == 0 {
		return errors.Join(errors.New("nothing was written"), w.last)
	}
	return nil
}

// verify reads back every acknowledged key.
func (w *writer) verify(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	got, err := w.client.Get(ctx, w.prefix, clientv3.WithPrefix())
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, kv := range got.Kvs {
		there[string(kv.Key)] = string(kv.Value) == string(kv.Key)
	}
	lost := 0
	for _, key := range w.acknowledged {
		if !there[key] {
			lost++
		}
	}
	t.Logf("%s %d writes acknowledged of %d, %d failed and were tried again (last: %v), longest gap %s, %d lost",
		w.prefix, len(w.acknowledged), w.tried, w.failed, w.last, w.longest.Round(time.Millisecond), lost)
	if lost > 0 {
		t.Errorf("%d acknowledged writes are lost", lost)
	}
}
