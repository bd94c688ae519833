package portforward

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestManyConnections opens connections one after another and concurrently, and checks that no goroutine or socket is
// left. The end-to-end tests do it with more of them.
func TestManyConnections(t *testing.T) {
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		s.Backend = kubetest.Listen(t, kubetest.Echo)
		s.Serve(t)
		d := dialerTo(t, s)
		one := func() {
			conn, err := d.Dial(t.Context(), "ns", "etcd-0", 2379)
			if err != nil {
				t.Error(err)
				return
			}
			exchange(t, conn, 1000)
			_ = conn.Close()
		}
		goroutines, sockets := runtime.NumGoroutine(), openSockets(t)
		for range 100 {
			one()
		}
		var all sync.WaitGroup
		for range 200 {
			all.Go(one)
		}
		all.Wait()
		var nowGoroutines, nowSockets int
		for range 100 { // the server's part of a connection ends a moment later
			nowGoroutines, nowSockets = runtime.NumGoroutine(), openSockets(t)
			if nowGoroutines <= goroutines && nowSockets <= sockets {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("after 300 connections %d goroutines and %d sockets, before %d and %d", nowGoroutines, nowSockets, goroutines, sockets)
		if nowGoroutines > goroutines || nowSockets > sockets {
			t.Error("something is left behind")
		}
	})
}

// openSockets counts the sockets of this process. Without /proc it returns 0.
func openSockets(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	sockets := 0
	for _, f := range files {
		if to, err := os.Readlink(f); err == nil && strings.HasPrefix(to, "socket:") {
			sockets++
		}
	}
	return sockets
}

// TestSlowReaderHoldsTheSender has a member send without end to a client that does not read.
func TestSlowReaderHoldsTheSender(t *testing.T) {
	const most = 24 << 20 // in transit: the sockets' buffers, and 50 frames in the server's spdystream
	kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
		var sent atomic.Int64
		s.Backend = kubetest.Listen(t, func(conn net.Conn) {
			for chunk := make([]byte, 64<<10); ; {
				n, err := conn.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		conn := mustDial(t, s.Serve(t))
		for last := int64(-1); last != sent.Load(); time.Sleep(300 * time.Millisecond) {
			last = sent.Load()
			if last > most {
				t.Fatalf("%d MiB were sent to a reader who does not read", last>>20)
			}
		}
		t.Logf("%.1f MiB are under way to a reader who does not read", float64(sent.Load())/(1<<20))
		held := sent.Load()
		if _, err := io.CopyN(io.Discard, conn, 4*held); err != nil {
			t.Errorf("read on: %v", err)
		}
	})
}
