// Package portforward opens connections to ports of pods: one port-forward session of the API server is one net.Conn in this
// process, without a local port. Its only way in is Dialer; nothing of the wire protocol is seen outside.
//
// client-go has no such dialer. Its portforward package listens on local ports, ends with its process's signals rather than a
// context, and leaves a connection whose other side hangs. Its SPDY library, spdystream, is made for both sides and many streams:
// the compressor's tables alone were 7 % of the processor time of "status", and its data path has a goroutine, a lock and a
// system call more for each frame. BenchmarkConn compares the two in one run; "make bench" compares the whole with
// "kubectl port-forward" (test/bench_transport_test.go).
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

// Dial connects to a port on the loopback of a pod's network namespace. The context bounds the whole of it.
func (d *Dialer) Dial(ctx context.Context, namespace, pod string, port int) (net.Conn, error) {
	target := d.REST.Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	session, err := bounded.Call(ctx, func() (*session, error) { return d.upgrade(ctx, target) }, func(s *session) { _ = s.cut() })
	if err != nil {
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, bounded.Reason(ctx, err))
	}
	to := addr{namespace: namespace, pod: pod, port: port}
	// Opening the streams takes no context; it ends with the session.
	c, err := bounded.Call(ctx, func() (*conn, error) { return newConn(session, to) }, func(c *conn) { _ = c.Close() })
	if err != nil {
		_ = session.cut()
		return nil, fmt.Errorf("port-forward to pod %s/%s, port %d: %w", namespace, pod, port, bounded.Reason(ctx, err))
	}
	return c, nil
}

// webSocketsVariable is kubectl's switch, for a proxy that spoils WebSockets without refusing them: "false" is without.
const webSocketsVariable = "KUBECTL_PORT_FORWARD_WEBSOCKETS"

// upgrade opens a session as kubectl decides it: WebSocket first, SPDY where the server or an HTTPS proxy between
// refuses that (kubectl/pkg/cmd/portforward createDialer).
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
