package data

import (
	"context"
	"net"
	"sync"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

// minRenewalInterval is the least time between two reads of the credentials: a member that is down is dialed all the time.
const minRenewalInterval = 5 * time.Second

// guard lets a client connect only to members of one etcd cluster: a client writes to any endpoint that answers, and sends its
// password there.
type guard struct {
	find func(context.Context) (*credentials.Set, error)
	open func(*credentials.Set) *connect.Connection

	mu      sync.Mutex
	conn    *connect.Connection
	renewed time.Time
}

// guardedWays returns how a proxy connects to the members. It returns an error if they are of several etcd clusters, and the
// ways refuse a member that comes back as another cluster's. Nothing is checked if there are no credentials to ask with, or if
// the members do not accept them: the client then has its own.
func guardedWays(ctx context.Context, env lifecycle.Env, s *proxy.Session) (proxy.Ways, error) {
	raw := connect.OpenWithoutTLS(env.Config, env.Kube, s.Cluster)
	ways := proxy.Ways{Clients: raw.Dial, HTTP: func(ctx context.Context, m cluster.Member) (net.Conn, error) {
		return raw.DialPort(ctx, m, m.Server.HTTP.Port)
	}}
	if s.Member != "" || len(s.Cluster.Members) < 2 {
		return ways, nil
	}
	if s.Credentials == nil {
		env.Progress.Step("note: it was not checked that the pods of etcd cluster %s/%s are of one cluster: there are no credentials for it", s.Cluster.Namespace, s.Cluster.Name)
		return ways, nil
	}
	g := &guard{find: s.Find, renewed: time.Now(), open: func(found *credentials.Set) *connect.Connection {
		return connect.With(env.Config, env.Kube, s.Cluster, found)
	}}
	g.conn = g.open(s.Credentials)
	context.AfterFunc(ctx, g.close)
	limited, cancel := context.WithTimeout(ctx, env.MemberLimit)
	defer cancel()
	if err := g.conn.CheckOneCluster(limited); err != nil {
		return ways, err
	}
	return proxy.Ways{Clients: g.guarded(ways.Clients), HTTP: g.guarded(ways.HTTP)}, nil
}

// guarded returns a dial function that admits the member first.
func (g *guard) guarded(dial proxy.Dial) proxy.Dial {
	return func(ctx context.Context, m cluster.Member) (net.Conn, error) {
		if err := g.admit(ctx, m); err != nil {
			return nil, err
		}
		return dial(ctx, m)
	}
}

// admit returns an error for a member that does not answer, or that is of another cluster. The certificates may have been
// replaced since the proxy started, so it tries again with the current ones.
func (g *guard) admit(ctx context.Context, m cluster.Member) error {
	err := admitMember(ctx, g.current(), m)
	if err == nil || connect.IsMixed(err) || !g.renew(ctx) {
		return err
	}
	return admitMember(ctx, g.current(), m)
}

// current returns the connections with the newest credentials.
func (g *guard) current() *connect.Connection {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.conn
}

// admitMember checks a member with conn's credentials. A member that denies them access is admitted.
func admitMember(ctx context.Context, conn *connect.Connection, m cluster.Member) error {
	err := conn.CheckMember(ctx, m)
	if refusal := conn.Refused(); err != nil && refusal != nil {
		return refusal // gRPC keeps only its text
	}
	if err == nil || connect.IsMixed(err) || !conn.AccessDenied(m.PodName) {
		return err
	}
	return nil
}

// renew opens the connections with the current credentials, and reports whether it did.
func (g *guard) renew(ctx context.Context) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if time.Since(g.renewed) < minRenewalInterval {
		return false
	}
	g.renewed = time.Now()
	found, err := g.find(ctx)
	if err != nil {
		return false
	}
	_ = g.conn.Close()
	g.conn = g.open(found)
	return true
}

func (g *guard) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.conn.Close()
}
