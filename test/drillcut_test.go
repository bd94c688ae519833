//go:build e2e

package test

import (
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// disconnect breaks every connection to the API server during a drill, while etcd is healthy. The report must say that the
// probe lost its connections, and not call it an outage of etcd.
func (d drilled) disconnect() {
	relay := newRelay(d.t, d.kubeconfig)
	o := d.observe(func(*progress) { relay.cut(3 * time.Second) }, "--server", "https://"+relay.listener.Addr().String())
	if o.status != 3 || o.Prober.CutOffSeconds < 2 || o.Prober.CutOffSeconds > 7 || o.Writes.Lost != 0 || !o.Linearizable || !o.Watch.Complete {
		d.t.Errorf("exit status %d, %+v\n%s", o.status, o.Drill, o.stderr)
	}
	if reasons := strings.Join(o.Reasons, "\n"); len(o.Reasons) != 1 || !strings.Contains(reasons, "the probe was disconnected for") {
		d.t.Errorf("%q\n%s", reasons, o.stderr)
	}
}

// relay forwards connections to the API server, and can break them.
type relay struct {
	listener net.Listener
	target   string

	mu     sync.Mutex
	closed bool
	conns  map[net.Conn]bool
}

func newRelay(t *testing.T, kubeconfig string) *relay {
	t.Helper()
	_, target := apiServer(t, kubeconfig)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{listener: listener, target: target.Host, conns: map[net.Conn]bool{}}
	t.Cleanup(func() {
		_ = listener.Close()
		r.cut(0)
	})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go r.serve(conn)
		}
	}()
	return r
}

func (r *relay) serve(conn net.Conn) {
	defer conn.Close()
	if !r.add(conn) {
		return
	}
	server, err := net.Dial("tcp", r.target)
	if err != nil {
		return
	}
	defer server.Close()
	go func() {
		defer conn.Close()
		_, _ = io.Copy(conn, server)
	}()
	_, _ = io.Copy(server, conn)
}

func (r *relay) add(conn net.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns[conn] = true
	return !r.closed
}

// cut closes all connections, and accepts none for a time.
func (r *relay) cut(length time.Duration) {
	r.mu.Lock()
	r.closed = true
	for conn := range r.conns {
		_ = conn.Close()
	}
	r.conns = map[net.Conn]bool{}
	r.mu.Unlock()
	time.Sleep(length)
	r.mu.Lock()
	r.closed = false
	r.mu.Unlock()
}
