// Package proxy lets any client on this machine speak with an etcd cluster: each member has a port on the loopback here,
// and every connection to it is one to that member. TLS passes through, so it is the client that speaks it.
package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

const (
	// loopback is the only address there is: on any other the cluster would be open to whoever reaches this machine.
	loopback = "127.0.0.1"
	// dialLimit bounds the way to a pod through the API server.
	dialLimit = 10 * time.Second
	// acceptPause is the wait before connections are taken again when there were too many of them.
	acceptPause = 100 * time.Millisecond
)

// Dial opens a connection to a port of a member, without TLS over it. It is called for each connection, and so finds a
// member again that was restarted.
type Dial func(ctx context.Context, m cluster.Member) (net.Conn, error)

// Ways are how the ports of a member are reached.
type Ways struct {
	Clients Dial // where it serves clients
	HTTP    Dial // where it serves HTTP, apart from gRPC; not called for a member that does not
}

// Note tells a person something.
type Note func(format string, args ...any)

// Proxy has a port for each member.
type Proxy struct {
	Ports   []*Port
	HTTP    []*Port // of the members that serve HTTP apart from gRPC
	Connect *Connect
}

// Port is where one member is reached.
type Port struct {
	Member   cluster.Member
	http     bool
	listener net.Listener

	mu   sync.Mutex
	said string // why it could not be reached when that was last said
}

// Listen opens a port for each member, and then those for HTTP: first, first+1 and so on, or with 0 whichever are free.
// The port for CONNECT is always one that is free.
func Listen(ctx context.Context, members []cluster.Member, first int) (*Proxy, error) {
	p := &Proxy{}
	for _, m := range members {
		p.Ports = append(p.Ports, &Port{Member: m})
	}
	for _, m := range members {
		if m.Server.HTTP.Port != 0 {
			p.HTTP = append(p.HTTP, &Port{Member: m, http: true})
		}
	}
	for i, port := range p.all() {
		number := 0
		if first != 0 {
			number = first + i
		}
		l, err := listen(ctx, number)
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("take a port for %s: %w (choose another --port, or leave it out)", port, err)
		}
		port.listener = l
	}
	l, err := listen(ctx, 0)
	if err != nil {
		p.Close()
		return nil, err
	}
	p.Connect = newConnect(l, p)
	return p, nil
}

func listen(ctx context.Context, port int) (net.Listener, error) {
	return (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(loopback, fmt.Sprint(port)))
}

func (p *Proxy) all() []*Port { return append(append([]*Port{}, p.Ports...), p.HTTP...) }

// HTTPOf returns the port on which a member's HTTP is reached: its own, or that of gRPC, which serves both.
func (p *Proxy) HTTPOf(port *Port) *Port {
	for _, h := range p.HTTP {
		if h.Member.PodName == port.Member.PodName {
			return h
		}
	}
	return port
}

// Number returns the port's number.
func (p *Port) Number() int {
	return p.listener.Addr().(*net.TCPAddr).Port
}

// Address returns where the port is.
func (p *Port) Address() string { return p.listener.Addr().String() }

// String names for people what the port leads to.
func (p *Port) String() string {
	if p.http {
		return fmt.Sprintf("HTTP of member %q", p.Member.Name)
	}
	return fmt.Sprintf("member %q", p.Member.Name)
}

// String tells for people which member is where.
func (p *Proxy) String() string {
	texts := make([]string, len(p.Ports))
	for i, port := range p.Ports {
		texts[i] = fmt.Sprintf("%s (%s)", port.Address(), port.Member.Name)
		if h := p.HTTPOf(port); h != port {
			texts[i] = fmt.Sprintf("%s (%s, HTTP at %s)", port.Address(), port.Member.Name, h.Address())
		}
	}
	return strings.Join(texts, ", ")
}

// Close gives the ports back.
func (p *Proxy) Close() {
	for _, port := range p.all() {
		if port.listener != nil {
			_ = port.listener.Close()
		}
	}
	if p.Connect != nil {
		_ = p.Connect.listener.Close()
	}
}

// Serve serves until ctx ends, and returns when every connection is closed.
func (p *Proxy) Serve(ctx context.Context, ways Ways, note Note) {
	defer context.AfterFunc(ctx, p.Close)()
	var serving sync.WaitGroup
	for _, port := range p.all() {
		failed := func(err error) { port.tell(note, err) }
		serving.Go(func() {
			serve(ctx, port.listener, failed, func(client net.Conn) { port.handle(ctx, client, ways, note) })
		})
	}
	serving.Go(func() {
		failed := func(err error) { note("connections to %s cannot be taken: %v", p.Connect.Address(), err) }
		serve(ctx, p.Connect.listener, failed, func(client net.Conn) { p.Connect.handle(ctx, client, ways, note) })
	})
	serving.Wait()
}

// serve handles every connection that a listener takes, until that is closed.
func serve(ctx context.Context, l net.Listener, failed func(error), handle func(net.Conn)) {
	var open sync.WaitGroup
	defer open.Wait()
	for {
		client, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			failed(err)
			select {
			case <-ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		open.Go(func() { handle(client) })
	}
}

// handle serves one connection. One to a member that cannot be reached is closed at once, as the client's own attempt
// would be.
func (p *Port) handle(ctx context.Context, client net.Conn, ways Ways, note Note) {
	defer func() { _ = client.Close() }()
	member, err := p.dial(ctx, ways)
	if err == nil {
		err = relay(ctx, client, member, func() { p.tell(note, nil) })
	}
	if err != nil && ctx.Err() == nil {
		p.tell(note, err)
	}
}

func (p *Port) dial(ctx context.Context, ways Ways) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	if p.http {
		return ways.HTTP(limited, p.Member)
	}
	return ways.Clients(limited, p.Member)
}

// tell says once why the member cannot be reached, and that it can be again: a client tries every moment.
func (p *Port) tell(note Note, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil && p.said != "":
		p.said = ""
		note("%s is reached again", p)
	case err != nil && p.said != err.Error():
		p.said = err.Error()
		note("%s cannot be reached: %v", p, err)
	}
}
