package connect

import (
	"context"
	"errors"
	"fmt"
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

// dialMetrics connects to where the member serves /metrics.
func (t *target) dialMetrics(ctx context.Context) (net.Conn, error) {
	metrics := t.member.Server.Metrics
	if metrics.Port == 0 {
		return nil, fmt.Errorf("pod %q: where etcd serves /metrics cannot be told", t.member.PodName)
	}
	if metrics.Scheme == "https" {
		return nil, errors.New("only plain http is spoken yet")
	}
	return t.dialPort(ctx, metrics.Port)
}
