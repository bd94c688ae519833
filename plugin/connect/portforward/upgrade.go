package portforward

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilnet "k8s.io/apimachinery/pkg/util/net"
	constants "k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/websocket"
	"k8s.io/streaming/pkg/httpstream"
	streamspdy "k8s.io/streaming/pkg/httpstream/spdy"
)

// portForwardProtocol is the protocol of the streams (k8s.io/client-go/tools/portforward).
const portForwardProtocol = portforward.PortForwardProtocolV1Name

// tunnelProtocol is portForwardProtocol tunnelled through a WebSocket (KEP-4006).
const tunnelProtocol = constants.WebsocketsSPDYTunnelingPortForwardV1

// upgradeWebSocket waits for the response until the context's deadline. It ignores an earlier cancellation.
func upgradeWebSocket(ctx context.Context, config *rest.Config, target *url.URL) (*session, error) {
	transport, holder, err := websocket.RoundTripperFor(config)
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
	return newSession(tunnel, tunnel, socket.NetConn().Close), nil
}

func upgradeSPDY(ctx context.Context, config *rest.Config, target *url.URL) (*session, error) {
	u := &spdyUpgrade{}
	transport, err := u.roundTripper(config)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set(httpstream.HeaderProtocolVersion, portForwardProtocol)
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close() //nolint:errcheck // the body is in memory
	if !upgraded(resp) {
		return nil, refused(resp)
	}
	return newSession(u.conn, u.unread, u.conn.Close), nil
}

// spdyUpgrade sends one request for an upgrade to SPDY. client-go's SPDY dialer does the same but does not expose the
// connection, so neither a wait for the response nor a session whose peer reads nothing could be ended.
type spdyUpgrade struct {
	*streamspdy.SpdyRoundTripper
	conn   net.Conn
	unread *bufio.Reader // of conn
}

// roundTripper adds the credentials and the other settings of the kubeconfig.
func (u *spdyUpgrade) roundTripper(config *rest.Config) (http.RoundTripper, error) {
	tlsConfig, err := rest.TLSConfigFor(config)
	if err != nil {
		return nil, err
	}
	proxy := config.Proxy
	if proxy == nil {
		proxy = utilnet.NewProxierWithNoProxyCIDR(http.ProxyFromEnvironment)
	}
	u.SpdyRoundTripper, err = streamspdy.NewRoundTripperWithConfig(streamspdy.RoundTripperConfig{TLS: tlsConfig, Proxier: proxy})
	if err != nil {
		return nil, err
	}
	return rest.HTTPWrappersForConfig(config, u)
}

// RoundTrip implements http.RoundTripper. The connection stays open after a successful upgrade.
func (u *spdyUpgrade) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	req = req.Clone(ctx)
	req.Header.Set(httpstream.HeaderConnection, httpstream.HeaderUpgrade)
	req.Header.Set(httpstream.HeaderUpgrade, streamspdy.HeaderSpdy31)
	conn, err := u.Dial(req)
	if err != nil {
		return nil, err
	}
	u.conn, u.unread = conn, bufio.NewReaderSize(conn, readBuffer)
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	resp, err := readResponse(u.unread, req)
	if !stop() {
		err = context.Cause(ctx) // even with a response: the connection is closed, or will be
	}
	if err != nil {
		_ = conn.Close()
		return nil, err
	}
	if !upgraded(resp) {
		_ = conn.Close()
	}
	return resp, nil
}

// readResponse reads the whole body of a refusal into memory, because its connection is closed afterwards.
func readResponse(r *bufio.Reader, req *http.Request) (*http.Response, error) {
	resp, err := http.ReadResponse(r, req)
	if err != nil || upgraded(resp) {
		return resp, err
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	resp.Body = io.NopCloser(bytes.NewReader(text))
	return resp, err
}

func upgraded(resp *http.Response) bool {
	return resp.StatusCode == http.StatusSwitchingProtocols &&
		strings.EqualFold(resp.Header.Get(httpstream.HeaderUpgrade), streamspdy.HeaderSpdy31)
}

// refused returns the error of an API server or proxy that refused the upgrade.
func refused(resp *http.Response) error {
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("upgrade to SPDY: %s: %w", resp.Status, err)
	}
	var status metav1.Status
	if json.Unmarshal(text, &status) == nil && status.Kind == "Status" {
		return &apierrors.StatusError{ErrStatus: status}
	}
	return fmt.Errorf("upgrade to SPDY: %s", strings.TrimSpace(resp.Status+" "+string(text)))
}
