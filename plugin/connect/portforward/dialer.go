// Package portforward opens connections to ports of pods. Each net.Conn is one port-forward session of the API server,
// without a local port. Dialer is the only exported type: the wire protocol is internal.
//
// client-go has no such dialer. Its portforward package listens on local ports, ends on its process's signals instead
// of a context, and leaves a connection open whose other side hangs. Its SPDY library, spdystream, implements both
// sides and any number of streams: the compressor's tables took 7 % of the processor time of "status", and its data
// path has one more goroutine, lock and system call for each frame. BenchmarkConn compares the two in one run; "make
// bench" compares the plugin with "kubectl port-forward" (test/bench_transport_test.go).
package portforward

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/bounded"
)

// Dialer opens connections to ports of pods.
type Dialer struct {
	Config *rest.Config
	REST   rest.Interface // of the core group, to build URLs with the API server's path prefix
}

// Dial connects to a port on the loopback of the pod's network namespace. The context bounds the upgrade and the
// opening of the streams.
func (d *Dialer) Dial(ctx context.Context, namespace, pod string, port int) (net.Conn, error) {
	target := d.REST.Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	session, err := bounded.Call(ctx, func() (*session, error) { return d.upgrade(ctx, target) }, func(s *session) { _ = s.closeTransport() })
	if err != nil {
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, bounded.Reason(ctx, err))
	}
	to := addr{namespace: namespace, pod: pod, port: port}
	// newConn takes no context. It returns when the session ends.
	c, err := bounded.Call(ctx, func() (*conn, error) { return newConn(session, to) }, func(c *conn) { _ = c.Close() })
	if err != nil {
		_ = session.closeTransport()
		return nil, fmt.Errorf("port-forward to pod %s/%s, port %d: %w", namespace, pod, port, bounded.Reason(ctx, err))
	}
	return c, nil
}

// webSocketsVariable is kubectl's variable for proxies that break WebSockets without refusing them. "false" disables
// WebSockets.
const webSocketsVariable = "KUBECTL_PORT_FORWARD_WEBSOCKETS"

// upgrade opens a session as kubectl does: over a WebSocket, or over SPDY if the server or an HTTPS proxy refuses
// WebSockets (kubectl/pkg/cmd/portforward createDialer).
func (d *Dialer) upgrade(ctx context.Context, target *url.URL) (*session, error) {
	if strings.EqualFold(os.Getenv(webSocketsVariable), "false") {
		return upgradeSPDY(ctx, d.Config, target)
	}
	s, err := upgradeWebSocket(ctx, d.Config, target)
	if httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err) {
		return upgradeSPDY(ctx, d.Config, target)
	}
	return s, err
}

// addr is the address of a port in a pod.
type addr struct {
	namespace, pod string
	port           int
}

func (a addr) Network() string { return "portforward" }
func (a addr) String() string  { return fmt.Sprintf("%s/%s:%d", a.namespace, a.pod, a.port) }
