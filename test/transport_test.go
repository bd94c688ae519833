//go:build e2e

package test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

const transportNamespace = "e2e-transport"

// prefix is the path below which Rancher serves its clusters.
const prefix = "/k8s/clusters/c-1"

// webSockets is kubectl's environment variable: "false" selects SPDY.
const webSockets = "KUBECTL_PORT_FORWARD_WEBSOCKETS"

// transports maps the values of that variable to the protocol of the upgrade request.
func transports() map[string]string {
	return map[string]string{"true": "websocket", "false": "SPDY/3.1"}
}

// TestTransport tests connections to the members that are proxied, many, or broken. It is serial: the parallel journeys wait
// until such tests are done.
func TestTransport(t *testing.T) {
	s := open(t)
	kubeconfig := s.up(t, transportNamespace, "--tls=off")
	way := reach(t, kubeconfig, transportNamespace)
	t.Run("path prefix", func(t *testing.T) { s.behindPrefix(t, kubeconfig) })
	t.Run("many connections", way.many)
	t.Run("Ctrl-C", func(t *testing.T) { s.interrupts(t, kubeconfig, way) })
	t.Run("pod restart", way.restart)
}

// behindPrefix reaches the API server through a proxy that serves it below a path.
func (s sandbox) behindPrefix(t *testing.T, kubeconfig string) {
	for value, upgrade := range transports() {
		t.Run(upgrade, func(t *testing.T) {
			log := filepath.Join(t.TempDir(), "log")
			prefixed := s.servePrefix(t, kubeconfig, log)
			for _, c := range []struct{ command, want string }{
				{"status", "healthy: 3 of 3 members"},
				{"put prefix " + value, ""},
				{"get prefix --each-member -o jsonpath={.members[*].value}", strings.TrimSuffix(strings.Repeat(value+" ", 3), " ")},
			} {
				out, err := s.as(t, prefixed, webSockets+"="+value+" kubectl etcd "+c.command)
				if err != nil || !strings.Contains(out, c.want) {
					t.Errorf("%s: %v\n%s", c.command, err, out)
				}
			}
			seen, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			for value, other := range transports() {
				if got := strings.Contains(string(seen), `"Upgrade":["`+other+`"]`); got != (other == upgrade) {
					t.Errorf("upgrades to %s with %s=%s: %v\n%s", other, webSockets, value, got, seen)
				}
			}
		})
	}
}

// servePrefix runs kubectl proxy below the prefix, and returns a kubeconfig for it. Its log has the headers of upgrades.
func (s sandbox) servePrefix(t *testing.T, kubeconfig, log string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.program("kubectl"), "proxy", "--api-prefix="+prefix, "--port=0", "-v=6")
	cmd.Env = environment(kubeconfig)
	file, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	cmd.Stderr = file
	return kubeconfigFor(t, "http://"+strings.TrimPrefix(started(t, cmd), "Starting to serve on ")+prefix)
}

// kubeconfigFor writes a kubeconfig for a server without authentication.
func kubeconfigFor(t *testing.T, server string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	text := fmt.Sprintf(`
apiVersion: v1
kind: Config
clusters: [{name: c-1, cluster: {server: %q}}]
contexts: [{name: c-1, context: {cluster: c-1, namespace: %s}}]
current-context: c-1
`, server, transportNamespace)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// many opens connections one after another and in parallel, and checks that no goroutines are left.
func (r reached) many(t *testing.T) {
	const sequential = 100
	for value, upgrade := range transports() {
		t.Run(upgrade, func(t *testing.T) {
			t.Setenv(webSockets, value)
			time.Sleep(1100 * time.Millisecond) // a pod is cached for a second: the next dial opens the connection for it
			r.exchange(t, 0)
			before := goleak.IgnoreCurrent()
			begin := time.Now()
			for i := range sequential {
				r.exchange(t, i)
			}
			took := time.Since(begin)
			var all sync.WaitGroup
			for i := range 200 {
				all.Go(func() { r.exchange(t, i) })
			}
			all.Wait()
			t.Logf("%d connections one after another in %s, 200 side by side in %s", sequential, took, time.Since(begin)-took)
			// client-go keeps a second connection to the API server if the first one was busy once.
			goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("golang.org/x/net/http2.(*clientConnReadLoop).run"))
		})
	}
}

// exchange opens a connection to one of the members, in turn, and sends a request.
func (r reached) exchange(t *testing.T, turn int) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := r.conn.Dial(ctx, r.cluster.Members[turn%len(r.cluster.Members)])
	if err != nil {
		t.Error(err)
		return
	}
	if err := askVersion(ctx, conn); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// askVersion reads etcd's version from its client port. The connection stays open.
func askVersion(ctx context.Context, conn net.Conn) error {
	deadline, _ := ctx.Deadline()
	if err := conn.SetDeadline(deadline); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://etcd/version", nil)
	if err != nil {
		return err
	}
	if err := req.Write(conn); err != nil {
		return err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if !strings.Contains(string(body), "etcdserver") {
		return fmt.Errorf("etcd answers %s: %s", resp.Status, body)
	}
	return conn.SetDeadline(time.Time{})
}

// restart deletes a member's pod while a stream is read and a client calls. The stream must end before the new pod exists,
// and the client must go on with the new pod.
func (r reached) restart(t *testing.T) {
	m := r.cluster.Members[1]
	client, err := r.conn.Member(m)
	if err != nil {
		t.Fatal(err)
	}
	stream := r.dial(t, m)
	ended := make(chan error, 1)
	begin := time.Now()
	go func() {
		_, err := stream.Read(make([]byte, 1))
		t.Logf("the stream ended after %s: %v", time.Since(begin), err)
		ended <- err
	}()
	pods := r.kube.CoreV1().Pods(transportNamespace)
	if err := pods.Delete(t.Context(), m.PodName, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	for gone := false; ; time.Sleep(100 * time.Millisecond) {
		if pod, err := pods.Get(t.Context(), m.PodName, metav1.GetOptions{}); !gone && err == nil && pod.UID != m.UID() {
			t.Logf("another pod after %s", time.Since(begin))
			gone = true
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		_, err := client.Put(ctx, "restart", "survived")
		cancel()
		if err == nil && gone {
			break
		}
		if time.Since(begin) > time.Minute {
			t.Fatalf("the client has not gone on within a minute (another pod: %v): %v", gone, err)
		}
	}
	t.Logf("the client went on after %s", time.Since(begin))
	select {
	case err := <-ended:
		if err == nil {
			t.Error("the stream said something that nobody asked for")
		}
	default:
		t.Error("the stream to the pod that is gone has not ended")
	}
}

// dial opens a connection until the end of the test, on which etcd has answered once.
func (r reached) dial(t *testing.T, m cluster.Member) net.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := r.conn.Dial(ctx, m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := askVersion(ctx, conn); err != nil {
		t.Fatal(err)
	}
	return conn
}
