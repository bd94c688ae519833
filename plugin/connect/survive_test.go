package connect

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
)

// TestSurvives has each part of the way to a member fail in the midst of a watch and of writes. The same clients must go
// on, and the watch must have missed nothing.
func TestSurvives(t *testing.T) {
	for _, tc := range []struct {
		name string
		fail func(t *testing.T, s *apiServer, way *etcdtest.Proxy, m *etcdtest.Member)
	}{
		{"the API server is killed", func(_ *testing.T, _ *apiServer, way *etcdtest.Proxy, _ *etcdtest.Member) {
			way.Cut()
			time.Sleep(300 * time.Millisecond)
			way.Mend()
		}},
		{"the kubelet ends the session", func(_ *testing.T, s *apiServer, _ *etcdtest.Proxy, _ *etcdtest.Member) {
			s.endSessions()
		}},
		{"the pod restarts", func(t *testing.T, _ *apiServer, _ *etcdtest.Proxy, m *etcdtest.Member) {
			m.Stop()
			time.Sleep(300 * time.Millisecond)
			m.Restart(t)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			each(t, func(t *testing.T, s *apiServer) {
				member := etcdtest.Start(t, 1, nil).Members[0]
				s.backend = member.Endpoint[len("http://"):]
				s.serve(t)
				way := etcdtest.Through(t, s.url)
				s.url = way.Endpoint
				conn := open(t, s)
				client, err := conn.Member(conn.cluster.Members[0])
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				watch := client.Watch(ctx, "k")
				putUntilDone(t, client, "before")
				tc.fail(t, s, way, member)
				putUntilDone(t, client, "after")
				// A watch that is taken up again may tell both at once; a put that was tried again may be two changes.
				var seen []string
				revision := int64(0)
				for !slices.Contains(seen, "after") {
					got := <-watch
					if got.Err() != nil || ctx.Err() != nil {
						t.Fatalf("watch: %v (%v) after %q", got.Err(), ctx.Err(), seen)
					}
					for _, event := range got.Events {
						seen = append(seen, string(event.Kv.Value))
						if event.Kv.ModRevision <= revision {
							t.Errorf("the watch told revision %d after %d", event.Kv.ModRevision, revision)
						}
						revision = event.Kv.ModRevision
					}
				}
				if diff := cmp.Diff([]string{"before", "after"}, slices.Compact(seen)); diff != "" {
					t.Errorf("what the watch told (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// putUntilDone tries for as long as a command may take: what is cut in between fails, and its fate is not known.
func putUntilDone(t *testing.T, client *clientv3.Client, value string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, err := client.Put(ctx, "k", value)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("put %q: %v", value, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// TestManyConnections opens some one after another and many side by side, and looks for goroutines and sockets that are
// left behind. The end-to-end tests do it with more of them.
func TestManyConnections(t *testing.T) {
	each(t, func(t *testing.T, s *apiServer) {
		s.backend = backend(t, echo)
		s.serve(t)
		d := s.dialer(t)
		one := func() {
			conn, err := d.dial(t.Context(), "ns", "etcd-0", 2379)
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
		for range 100 { // what the server has of a connection ends a moment later
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

// openSockets counts this process's. Where there is no /proc, it is always none.
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

// TestSlowReaderHoldsTheSender has a member send without end to somebody who does not read.
func TestSlowReaderHoldsTheSender(t *testing.T) {
	const most = 24 << 20 // of what is under way: the sockets' buffers, and 50 frames in the server's spdystream
	each(t, func(t *testing.T, s *apiServer) {
		var sent atomic.Int64
		s.backend = backend(t, func(conn net.Conn) {
			for chunk := make([]byte, 64<<10); ; {
				n, err := conn.Write(chunk)
				sent.Add(int64(n))
				if err != nil {
					return
				}
			}
		})
		conn := mustDial(t, s.serve(t))
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
