package doctor

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"sync"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
)

// look begins to look at a member from every side. One whose pod does not run has nothing to look at; one that does not
// answer as etcd may well say why in its certificates or metrics.
func (g gatherer) look(ctx context.Context, wg *sync.WaitGroup, m *seen) {
	m.clients = newListener("clients", m.place.Server.Scheme, m.ClientURLs)
	m.peers = newListener("peers", "", m.PeerURLs)
	if m.place.Pod != nil {
		wg.Go(func() { m.data = observe(g.data(ctx, m.place)) })
	}
	if trouble := m.place.Trouble(); trouble != "" {
		m.metrics.missing, m.clock.missing, m.clients.chain.missing, m.peers.chain.missing = trouble, trouble, trouble, trouble
		return
	}
	if why := m.beyondReach(m.place.Server.Metrics.Port); why != "" {
		m.metrics.missing = why
	} else {
		wg.Go(func() { m.metrics = limited(ctx, g, m, g.metrics) })
	}
	wg.Go(func() { m.clock = limited(ctx, g, m, g.clock) })
	if why := m.beyondReach(m.place.Server.Port); why != "" {
		m.clients.chain.missing = why
	} else if m.clients.tls {
		wg.Go(func() { m.clients.chain = limited(ctx, g, m, g.clientChain) })
	}
	if m.peers.tls {
		wg.Go(func() { m.peers.chain = limited(ctx, g, m, g.peerChain) })
	}
}

// beyondReach says, in the words of status, why a port-forward does not reach one of the ports on which the member serves
// clients, or "".
func (m *seen) beyondReach(port int) string {
	s := m.place.Server
	if s.Unreachable == "" || port != 0 && port != s.Port {
		return ""
	}
	return cmp.Or(m.Error, s.Unreachable)
}

// limited looks at one thing for no longer than one member may take.
func limited[T any](ctx context.Context, g gatherer, m *seen, at func(context.Context, *seen) (T, error)) observed[T] {
	asked, cancel := context.WithTimeout(ctx, g.limit)
	defer cancel()
	found, err := at(asked, m)
	if err != nil && asked.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s", g.limit)
	}
	return observe(found, err)
}

func (g gatherer) metrics(ctx context.Context, m *seen) (scrape, error) {
	at := m.place.Server.Metrics
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(m.place.Server.Host, strconv.Itoa(at.Port)), Path: "/metrics"}
	// The client speaks TLS where the member does, whatever the URL says: of some members nobody knows before.
	return readMetrics(ctx, g.reach.HTTPClient(m.place), u.String())
}

// clock is not to be had from a peer port that speaks TLS: it lets nobody in but members.
func (g gatherer) clock(ctx context.Context, m *seen) (clock, error) {
	switch {
	case len(m.PeerURLs) == 0 && m.Error != "":
		return clock{}, errors.New(m.Error) // it did not tell them, for that reason
	case !m.peers.plain && !m.peers.tls:
		return clock{}, errors.New("what the member speaks to peers cannot be told")
	case m.peers.tls:
		return clock{}, errors.New("the peer port lets only members in")
	}
	conn, err := g.dialPeer(ctx, m)
	if err != nil {
		return clock{}, err
	}
	return readClock(ctx, conn)
}

func (g gatherer) clientChain(ctx context.Context, m *seen) ([]*x509.Certificate, error) {
	conn, err := g.reach.Dial(ctx, m.place)
	if err != nil {
		return nil, err
	}
	return chain(ctx, conn, m.place.Server.Host)
}

func (g gatherer) peerChain(ctx context.Context, m *seen) ([]*x509.Certificate, error) {
	conn, err := g.dialPeer(ctx, m)
	if err != nil {
		return nil, err
	}
	return chain(ctx, conn, m.peers.hosts[0])
}

func chain(ctx context.Context, conn net.Conn, host string) ([]*x509.Certificate, error) {
	shown, err := connect.ReadShown(ctx, conn, host)
	return shown.Chain, err
}

// dialPeer connects to the port that the member advertises to its peers.
func (g gatherer) dialPeer(ctx context.Context, m *seen) (net.Conn, error) {
	if len(m.PeerURLs) == 0 {
		return nil, errors.New("no member told its peer URL")
	}
	u, err := url.Parse(m.PeerURLs[0])
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return nil, fmt.Errorf("peer URL %q has no port", m.PeerURLs[0])
	}
	return g.reach.DialPort(ctx, m.place, port)
}
