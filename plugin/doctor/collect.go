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

// collect starts all requests for the evidence of one member, and adds them to wg. If its pod does not run there is
// nothing to read. A member that does not answer as etcd may still explain that in its certificates or metrics.
func (g gatherer) collect(ctx context.Context, wg *sync.WaitGroup, m *memberEvidence) {
	m.clients = newListener("clients", m.kubeMember.Server.Scheme, m.ClientURLs)
	m.peers = newListener("peers", "", m.PeerURLs)
	if m.kubeMember.Pod != nil {
		wg.Go(func() { m.data = observe(g.data(ctx, m.kubeMember)) })
	}
	if trouble := m.kubeMember.PodProblem(); trouble != "" {
		m.metrics.missing, m.clock.missing, m.clients.chain.missing, m.peers.chain.missing = trouble, trouble, trouble, trouble
		return
	}
	if why := m.unreachable(m.kubeMember.Server.Metrics.Port); why != "" {
		m.metrics.missing = why
	} else {
		wg.Go(func() { m.metrics = withLimit(ctx, g, m, g.metrics) })
	}
	wg.Go(func() { m.clock = withLimit(ctx, g, m, g.clock) })
	if why := m.unreachable(m.kubeMember.Server.Port); why != "" {
		m.clients.chain.missing = why
	} else if m.clients.tls {
		wg.Go(func() { m.clients.chain = withLimit(ctx, g, m, g.clientChain) })
	}
	if m.peers.tls {
		wg.Go(func() { m.peers.chain = withLimit(ctx, g, m, g.peerChain) })
	}
}

// unreachable returns why a port-forward does not reach one of the member's client ports, in the words of "status", or
// "".
func (m *memberEvidence) unreachable(port int) string {
	s := m.kubeMember.Server
	if s.Unreachable == "" || port != 0 && port != s.Port {
		return ""
	}
	return cmp.Or(m.Error, s.Unreachable)
}

// withLimit makes one request and takes at most g.limit.
func withLimit[T any](ctx context.Context, g gatherer, m *memberEvidence, at func(context.Context, *memberEvidence) (T, error)) observed[T] {
	asked, cancel := context.WithTimeout(ctx, g.limit)
	defer cancel()
	found, err := at(asked, m)
	if err != nil && asked.Err() != nil && ctx.Err() == nil {
		err = fmt.Errorf("no answer within %s", g.limit)
	}
	return observe(found, err)
}

func (g gatherer) metrics(ctx context.Context, m *memberEvidence) (scrape, error) {
	at := m.kubeMember.Server.Metrics
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(m.kubeMember.Server.Host, strconv.Itoa(at.Port)), Path: "/metrics"}
	// The client uses TLS if the member does, whatever the scheme of the URL: for some members it is unknown beforehand.
	return readMetrics(ctx, g.dialer.HTTPClient(m.kubeMember), u.String())
}

// clock reads the member's clock from its peer port. A peer port with TLS requires a member's certificate, so that is
// not possible there.
func (g gatherer) clock(ctx context.Context, m *memberEvidence) (clock, error) {
	switch {
	case len(m.PeerURLs) == 0 && m.Error != "":
		return clock{}, errors.New(m.Error) // the same error kept it from listing its URLs
	case !m.peers.plain && !m.peers.tls:
		return clock{}, errors.New("it is unknown whether the member uses TLS for peers")
	case m.peers.tls:
		return clock{}, errors.New("the peer port accepts only members")
	}
	conn, err := g.dialPeer(ctx, m)
	if err != nil {
		return clock{}, err
	}
	return readClock(ctx, conn)
}

func (g gatherer) clientChain(ctx context.Context, m *memberEvidence) ([]*x509.Certificate, error) {
	conn, err := g.dialer.Dial(ctx, m.kubeMember)
	if err != nil {
		return nil, err
	}
	return chain(ctx, conn, m.kubeMember.Server.Host)
}

func (g gatherer) peerChain(ctx context.Context, m *memberEvidence) ([]*x509.Certificate, error) {
	conn, err := g.dialPeer(ctx, m)
	if err != nil {
		return nil, err
	}
	return chain(ctx, conn, m.peers.hosts[0])
}

func chain(ctx context.Context, conn net.Conn, host string) ([]*x509.Certificate, error) {
	shown, err := connect.ReadHandshake(ctx, conn, host)
	return shown.Chain, err
}

// dialPeer connects to the port of the member's first advertised peer URL.
func (g gatherer) dialPeer(ctx context.Context, m *memberEvidence) (net.Conn, error) {
	if len(m.PeerURLs) == 0 {
		return nil, errors.New("no member reported its peer URL")
	}
	u, err := url.Parse(m.PeerURLs[0])
	if err != nil {
		return nil, err
	}
	port, err := strconv.Atoi(u.Port())
	if err != nil {
		return nil, fmt.Errorf("peer URL %q has no port", m.PeerURLs[0])
	}
	return g.dialer.DialPort(ctx, m.kubeMember, port)
}
