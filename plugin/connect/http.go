package connect

import (
	"context"
	"net"
	"net/http"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// HTTPClient returns a client of what a member serves where it serves /metrics. The port and whether TLS is spoken are
// the member's, whatever a URL says of them. Connections end with their request: nothing is left to close.
func (c *Connection) HTTPClient(m cluster.Member) *http.Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return c.dialTarget(ctx, m.PodName, (*target).dialMetrics)
	}
	return &http.Client{Transport: &http.Transport{DialContext: dial, DialTLSContext: dial, DisableKeepAlives: true}}
}
