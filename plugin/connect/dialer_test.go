package connect

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestDialPrefersWebSocket(t *testing.T) {
	s := (&apiServer{backend: backend(t, echo)}).serve(t)
	mustDial(t, s)
	if s.webSockets.Load() != 1 || s.spdy.Load() != 0 {
		t.Errorf("%d WebSocket and %d SPDY upgrades", s.webSockets.Load(), s.spdy.Load())
	}
}

func TestDialFallsBackToSPDY(t *testing.T) {
	for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
		s := (&apiServer{backend: backend(t, echo), noUpgrade: status}).serve(t)
		mustDial(t, s)
		if s.spdy.Load() != 1 {
			t.Errorf("refused with %d: %d SPDY upgrades", status, s.spdy.Load())
		}
	}
}

func TestDialWithoutWebSocket(t *testing.T) {
	t.Setenv(webSocketsVariable, "False")
	s := (&apiServer{backend: backend(t, echo)}).serve(t)
	mustDial(t, s)
	if s.webSockets.Load() != 0 || s.spdy.Load() != 1 {
		t.Errorf("%d WebSocket and %d SPDY upgrades", s.webSockets.Load(), s.spdy.Load())
	}
}

func TestDialSaysWhyItIsRefused(t *testing.T) {
	s := (&apiServer{forbid: true}).serve(t)
	_, err := s.dialer(t).dial(t.Context(), "ns", "etcd-0", 2379)
	wantError(t, err, "port-forward to pod ns/etcd-0")
	wantError(t, err, `pods "etcd-0" is forbidden`)
}

func TestDialOfNoServer(t *testing.T) {
	s := &apiServer{url: "http://127.0.0.1:1"}
	_, err := s.dialer(t).dial(t.Context(), "ns", "etcd-0", 2379)
	wantError(t, err, "connection refused")
}

// TestDialEndsWithItsContext has the server hang at each step of a dial.
func TestDialEndsWithItsContext(t *testing.T) {
	for name, s := range map[string]*apiServer{
		"no answer":            {hang: true},
		"no streams":           {noStreams: true},
		"no streams over SPDY": {noStreams: true, noUpgrade: http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			s.serve(t)
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := s.dialer(t).dial(ctx, "ns", "etcd-0", 2379)
			if took := time.Since(begin); took > 2*time.Second {
				t.Errorf("a dial with a deadline of 200ms took %s", took)
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want the deadline's", err)
			}
		})
	}
}

// TestSPDYUpgradeEndsWithItsContext has the server take the WebSocket's refusal's place and hang afterwards: client-go's
// SPDY dialer takes no context.
func TestSPDYUpgradeEndsWithItsContext(t *testing.T) {
	s := (&apiServer{hang: true}).serve(t)
	d := s.dialer(t)
	target := d.rest.Post().Resource("pods").Namespace("ns").Name("etcd-0").SubResource("portforward").URL()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := upgradeSPDY(ctx, s.config(), target)
	if took := time.Since(begin); took > 2*time.Second || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after %s: %v", took, err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	each(t, func(t *testing.T, s *apiServer) {
		s.backend = backend(t, echo)
		s.serve(t)
		before := goleak.IgnoreCurrent()
		d := s.dialer(t)
		for range 5 {
			conn, err := d.dial(t.Context(), "ns", "etcd-0", 2379)
			if err != nil {
				t.Fatal(err)
			}
			exchange(t, conn, 100<<10)
			_ = conn.Close() // the other side may have been faster
		}
		// The server's spdystream holds an error of the connection's close for a second, for whoever asks.
		time.Sleep(1500 * time.Millisecond)
		goleak.VerifyNone(t, before)
	})
}

var _ net.Conn = (*conn)(nil)
