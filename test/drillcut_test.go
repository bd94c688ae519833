//go:build e2e

package test

import (
	"encoding/json"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const cutNamespace = "e2e-drill-cut"

// TestDrillCutOff breaks every connection to the API server during a drill, while etcd is healthy. The report must say that
// the probe lost its connections, and not call it an outage of etcd.
func TestDrillCutOff(t *testing.T) {
	s := open(t)
	kubeconfig := s.up(t, cutNamespace)
	relay := newRelay(t, kubeconfig)
	cmd := exec.CommandContext(t.Context(), s.program("kubectl-etcd"), "drill", "observe", "--for", "8s", "-o", "json",
		"--server", "https://"+relay.listener.Addr().String())
	cmd.Env = environment(kubeconfig)
	var progress strings.Builder
	cmd.Stderr = &progress
	go relay.cut(6*time.Second, 3*time.Second)
	out, err := cmd.Output()
	if cmd.ProcessState.ExitCode() != 3 {
		t.Fatalf("%v\n%s\n%s", err, out, progress.String())
	}
	var d report.Drill
	if err := json.Unmarshal(out, &d); err != nil {
		t.Fatal(err)
	}
	if d.Prober.CutOffSeconds < 2 || d.Prober.CutOffSeconds > 7 || d.Writes.Lost != 0 || !d.Linearizable || !d.Watch.Complete {
		t.Errorf("%+v\n%s", d, progress.String())
	}
	if reasons := strings.Join(d.Reasons, "\n"); len(d.Reasons) != 1 || !strings.Contains(reasons, "the probe was disconnected for") {
		t.Errorf("%q\n%s", reasons, progress.String())
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
		r.cut(0, 0)
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

// cut closes all connections after a while, and accepts none for a time.
func (r *relay) cut(after, length time.Duration) {
	time.Sleep(after)
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
