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
		return nil, fmt.Errorf("port-forward to pod %s/%s: %w", namespace, pod, err)
	}
	// client-go's stream creation knows no context: closing the session is what ends it early.
	stop := context.AfterFunc(ctx, func() { _ = session.Close() })
	conn, err := newConn(session, port, podAddr{namespace: namespace, pod: pod, port: port})
	if !stop() {
		err = errors.Join(context.Cause(ctx), err)
	}
	if err != nil {
		_ = session.Close()
		return nil, fmt.Errorf("port-forward to pod %s/%s, port %d: %w", namespace, pod, port, err)
	}
	return conn, nil
}

// upgrade opens a session as kubectl decides it: WebSocket first, SPDY where the server or an HTTPS proxy between
// refuses that (kubectl/pkg/cmd/portforward createDialer).
func (d *dialer) upgrade(ctx context.Context, target *url.URL) (httpstream.Connection, error) {
	session, err := d.upgradeWebSocket(ctx, target)
	if err == nil {
		return session, nil
	}
	if httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err) {
		return d.upgradeSPDY(ctx, target)
	}
	return nil, err
}

func (d *dialer) upgradeWebSocket(ctx context.Context, target *url.URL) (httpstream.Connection, error) {
	transport, holder, err := websocket.RoundTripperFor(d.config)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target.String(), nil)
	if err != nil {
		return nil, err
	}
	socket, err := websocket.Negotiate(transport, holder, req, tunnelProtocol)
	if err != nil {
		return nil, err
	}
	tunnel := portforward.NewTunnelingConnection("client", socket)
	session, err := streamspdy.NewClientConnectionWithPings(tunnel, portforward.PingPeriod)
	if err != nil {
		_ = tunnel.Close()
		return nil, err
	}
	return session, nil
}

// upgradeSPDY waits for client-go's dialer, which takes no context, no longer than ctx allows.
func (d *dialer) upgradeSPDY(ctx context.Context, target *url.URL) (httpstream.Connection, error) {
	transport, upgrader, err := spdy.RoundTripperFor(d.config)
	if err != nil {
		return nil, err
	}
	type result struct {
		session httpstream.Connection
		err     error
	}
	done := make(chan result, 1)
	go func() {
		client := &http.Client{Transport: transport}
		session, _, err := spdy.NewDialerForStreaming(upgrader, client, http.MethodPost, target).Dial(portForwardProtocol)
		done <- result{session, err}
	}()
	select {
	case r := <-done:
		return r.session, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				_ = r.session.Close()
			}
		}()
		return nil, context.Cause(ctx)
	}
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
