// Package connect reaches etcd in a pod through the API server: one port-forward stream is one net.Conn, in this
// process, with no local port.
package connect

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/streaming/pkg/httpstream"
)

// dialer opens connections to ports of pods.
type dialer struct {
	config *rest.Config
	rest   rest.Interface // of the core group, to build URLs with the API server's path prefix
}

// dial connects to a port on the loopback of a pod's network namespace. The context bounds the whole of it.
func (d *dialer) dial(ctx context.Context, namespace, pod string, port int) (net.Conn, error) {
	target := d.rest.Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	session, err := bounded(ctx, func() (*session, error) { return d.upgrade(ctx, target) }, func(s *session) { _ = s.cut() })
	if err != nil {
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, ended(ctx, err))
	}
	addr := podAddr{namespace: namespace, pod: pod, port: port}
	// Opening the streams knows no context, but the end of the session.
	c, err := bounded(ctx, func() (*conn, error) { return newConn(session, addr) }, func(c *conn) { _ = c.Close() })
	if err != nil {
		_ = session.cut()
		return nil, fmt.Errorf("port-forward to pod %s/%s, port %d: %w", namespace, pod, port, ended(ctx, err))
	}
	return c, nil
}

// webSocketsVariable is kubectl's switch, for a proxy that spoils WebSockets without refusing them: "false" is without.
const webSocketsVariable = "KUBECTL_PORT_FORWARD_WEBSOCKETS"

// upgrade opens a session as kubectl decides it: WebSocket first, SPDY where the server or an HTTPS proxy between
// refuses that (kubectl/pkg/cmd/portforward createDialer).
func (d *dialer) upgrade(ctx context.Context, target *url.URL) (*session, error) {
	if strings.EqualFold(os.Getenv(webSocketsVariable), "false") {
		return upgradeSPDY(ctx, d.config, target)
	}
	s, err := upgradeWebSocket(ctx, d.config, target)
	if httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err) {
		return upgradeSPDY(ctx, d.config, target)
	}
	return s, err
}

// podAddr is the address of a port in a pod.
type podAddr struct {
	namespace, pod string
	port           int
}

func (a podAddr) Network() string { return "portforward" }
func (a podAddr) String() string  { return fmt.Sprintf("%s/%s:%d", a.namespace, a.pod, a.port) }
