package portforward

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

func TestDialPrefersWebSocket(t *testing.T) {
	s := (&kubetest.APIServer{Backend: kubetest.Listen(t, kubetest.Echo)}).Serve(t)
	mustDial(t, s)
	if s.WebSockets.Load() != 1 || s.Spdy.Load() != 0 {
		t.Errorf("%d WebSocket and %d SPDY upgrades", s.WebSockets.Load(), s.Spdy.Load())
	}
}

func TestDialFallsBackToSPDY(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
		s := (&kubetest.APIServer{Backend: kubetest.Listen(t, kubetest.Echo), NoUpgrade: status}).Serve(t)
		mustDial(t, s)
		if s.Spdy.Load() != 1 {
			t.Errorf("refused with %d: %d SPDY upgrades", status, s.Spdy.Load())
		}
	}
}

func TestDialWithoutWebSocket(t *testing.T) {
	t.Setenv(webSocketsVariable, "False")
	s := (&kubetest.APIServer{Backend: kubetest.Listen(t, kubetest.Echo)}).Serve(t)
	mustDial(t, s)
	if s.WebSockets.Load() != 0 || s.Spdy.Load() != 1 {
		t.Errorf("%d WebSocket and %d SPDY upgrades", s.WebSockets.Load(), s.Spdy.Load())
	}
}

func TestDialSaysWhyItIsRefused(t *testing.T) {
	s := (&kubetest.APIServer{Forbid: true}).Serve(t)
	_, err := dialerTo(t, s).Dial(t.Context(), "ns", "etcd-0", 2379)
	kubetest.WantError(t, err, "port-forward to pod ns/etcd-0")
	kubetest.WantError(t, err, `pods "etcd-0" is forbidden`)
}

func TestDialOfNoServer(t *testing.T) {
	s := &kubetest.APIServer{URL: "http://127.0.0.1:1"}
	_, err := dialerTo(t, s).Dial(t.Context(), "ns", "etcd-0", 2379)
	kubetest.WantError(t, err, "connection refused")
}

// TestDialEndsWithItsContext has the server hang at each step of a dial.
func TestDialEndsWithItsContext(t *testing.T) {
	for name, s := range map[string]*kubetest.APIServer{
		"no answer":            {Hang: true},
		"no streams":           {NoStreams: true},
		"no streams over SPDY": {NoStreams: true, NoUpgrade: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			s.Serve(t)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := dialerTo(t, s).Dial(ctx, "ns", "etcd-0", 2379)
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("a dial with a deadline of 200ms took %s", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline's", err)
			}
		})
	}
}

// TestSPDYUpgradeEndsWithItsContext has the server refuse the WebSocket and hang on the SPDY upgrade: client-go's SPDY
// dialer takes no context.
func TestSPDYUpgradeEndsWithItsContext(t *testing.T) {
	s := (&kubetest.APIServer{Hang: true}).Serve(t)
	d := dialerTo(t, s)
	target := d.REST.Post().Resource("pods").Namespace("ns").Name("etcd-0").SubResource("portforward").URL()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := upgradeSPDY(ctx, s.Config(), target)
	if took := time.Since(begin); took > 2*time.Second || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %s: %v", took, err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, kubetest.Echo)
		s.Serve(t)
		before := goleak.IgnoreCurrent()
		d := dialerTo(t, s)
		for range 5 {
			conn, err := d.Dial(t.Context(), "ns", "etcd-0", 2379)
			if err != nil {
				t.Fatal(err)
			}
			exchange(t, conn, 100<<10)
			_ = conn.Close() // the other side may have closed it first
		}
		// The server's spdystream keeps the error of a closed connection for one second.
		time.Sleep(1500 * time.Millisecond)
		goleak.VerifyNone(t, before)
	})
}

var _ net.Conn = (*conn)(nil)
