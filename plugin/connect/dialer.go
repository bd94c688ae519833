// Package connect reaches etcd in a pod through the API server: one port-forward stream is one net.Conn, in this
// process, with no local port.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/client-go/transport/websocket"
	"k8s.io/streaming/pkg/httpstream"
	streamspdy "k8s.io/streaming/pkg/httpstream/spdy"

	corev1 "k8s.io/api/core/v1"
)

// portForwardProtocol is the protocol spoken on the streams (k8s.io/client-go/tools/portforward).
const portForwardProtocol = portforward.PortForwardProtocolV1Name

// tunnelProtocol is the same, tunnelled through a WebSocket (KEP-4006).
const tunnelProtocol = "SPDY/3.1+" + portForwardProtocol

// dialer opens connections to ports of pods.
type dialer struct {
	config *rest.Config
	rest   rest.Interface // of the core group, to build URLs with the API server's path prefix
}

// dial connects to a port on the loopback of a pod's network namespace. The context bounds the whole of it.
func (d *dialer) dial(ctx context.Context, namespace, pod string, port int) (net.Conn, error) {
	target := d.rest.Post().Resource("pods").Namespace(namespace).Name(pod).SubResource("portforward").URL()
	session, err := d.upgrade(ctx, target)
	if err != nil {
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, ended(ctx, err))
	}
	addr := podAddr{namespace: namespace, pod: pod, port: port}
	// client-go's stream creation knows no context, and not even closing the session ends it before its own 30 s.
	c, err := bounded(ctx, func() (*conn, error) { return newConn(session, port, addr) }, func(c *conn) { _ = c.Close() })
	if err != nil {
		_ = session.Close()
		return nil, fmt.Errorf("port-forward to pod %s/%s, port %d: %w", namespace, pod, port, ended(ctx, err))
	}
	return c, nil
}

// bounded waits for a call that takes no context no longer than ctx allows. A result that comes too late is dropped.
func bounded[T any](ctx context.Context, call func() (T, error), drop func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := call()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				drop(r.value)
			}
		}()
		var none T
		return none, context.Cause(ctx)
	}
}

// ended says that a context ended where that is what an error comes from: client-go turns its deadline into one of
// the network's.
func ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		cause = context.DeadlineExceeded // the network's clock was a moment faster
	}
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}

// upgrade opens a session as kubectl decides it: WebSocket first, SPDY where the server or an HTTPS proxy between
// refuses that (kubectl/pkg/cmd/portforward createDialer).
func (d *dialer) upgrade(ctx context.Context, target *url.URL) (session, error) {
	s, err := d.upgradeWebSocket(ctx, target)
	if !httpstream.IsUpgradeFailure(err) && !httpstream.IsHTTPSProxyError(err) {
		return s, err
	}
	s, spdyErr := d.upgradeSPDY(ctx, target)
	return s, refusal(err, spdyErr)
}

// refusal returns the error of a command that neither transport could begin. Where the API server forbids it, the
// WebSocket's error is one of the API's, but names the verb "get" or nothing; SPDY's is text alone, with the verb
// "create", which is enough to get on.
func refusal(webSocket, spdy error) error {
	var failure *httpstream.UpgradeFailureError
	var status *apierrors.StatusError
	if spdy == nil || !errors.As(webSocket, &failure) || !apierrors.IsForbidden(failure.Cause) || !errors.As(failure.Cause, &status) {
		return spdy
	}
	if _, text, found := strings.Cut(spdy.Error(), "unable to upgrade connection: "); found {
		status.ErrStatus.Message = text
	}
	return status
}

// errAbandoned is the end of an SPDY session that does not end: its connection is in client-go's hands, and goes with
// the process.
var errAbandoned = errors.New("the other side takes no data: the session is abandoned")

// session is a port-forward session. cut ends what it runs over, without asking it.
type session struct {
	httpstream.Connection
	cut func() error
}

func (d *dialer) upgradeWebSocket(ctx context.Context, target *url.URL) (session, error) {
	transport, holder, err := websocket.RoundTripperFor(d.config)
	if err != nil {
		return session{}, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return session{}, err
	}
	socket, err := websocket.Negotiate(transport, holder, req, tunnelProtocol)
	if err != nil {
		return session{}, err
	}
	tunnel := portforward.NewTunnelingConnection("client", socket)
	connection, err := streamspdy.NewClientConnectionWithPings(tunnel, portforward.PingPeriod)
	if err != nil {
		_ = tunnel.Close()
		return session{}, err
	}
	return session{connection, tunnel.Close}, nil
}

// upgradeSPDY waits for client-go's dialer, which takes no context, no longer than ctx allows.
func (d *dialer) upgradeSPDY(ctx context.Context, target *url.URL) (session, error) {
	transport, upgrader, err := spdy.RoundTripperFor(d.config)
	if err != nil {
		return session{}, err
	}
	return bounded(ctx, func() (session, error) {
		client := &http.Client{Transport: transport}
		connection, _, err := spdy.NewDialerForStreaming(upgrader, client, http.MethodPost, target).Dial(portForwardProtocol)
		return session{connection, func() error { return errAbandoned }}, err
	}, func(s session) { _ = s.Close() })
}

// podAddr is the address of a port in a pod.
type podAddr struct {
	namespace, pod string
	port           int
}

func (a podAddr) Network() string { return "portforward" }
func (a podAddr) String() string  { return fmt.Sprintf("%s/%s:%d", a.namespace, a.pod, a.port) }

func streamHeaders(kind string, port int) http.Header {
	headers := http.Header{}
	headers.Set(corev1.StreamType, kind)
	headers.Set(corev1.PortHeader, fmt.Sprint(port))
	headers.Set(corev1.PortForwardRequestIDHeader, "0") // one connection in each session
	return headers
}
