package connect

import (
	"context"
	"net"
	"net/http"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// HTTPClient returns a client of the HTTP server on which the member serves /metrics. The member's settings decide on
// the port and on TLS; the URL's host and scheme are ignored. Each connection ends with its request, so there is
// nothing to close.
func (c *Connection) HTTPClient(m cluster.Member) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return c.dialTarget(ctx, m.PodName, (*target).dialMetrics)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DialTLSContext: dial, DisableKeepAlives: true}}
}
