// Package proxy lets any client on this machine use an etcd cluster. Each member has a port on the loopback, and every
// connection to it is forwarded to the member. TLS is passed through: the client does it.
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
	// loopback is the only address to listen on: any other would open the cluster to all hosts that reach this machine.
	loopback = "127.0.0.1"
	// dialLimit bounds one attempt to reach a pod through the API server.
	dialLimit = 10 * time.Second
	// acceptPause is the wait before the next accept after one failed, for example because of too many open files.
	acceptPause = 100 * time.Millisecond
)

// Dial opens a connection to a port of a member, without TLS. It is called for each connection, so a restarted member
// is found again.
type Dial func(ctx context.Context, m cluster.Member) (net.Conn, error)

// Ways has a Dial for each kind of port of a member.
type Ways struct {
	Clients Dial // the client port
	HTTP    Dial // the port for HTTP, if it is not the client port; not called for other members
}

// Note prints a message for the user.
type Note func(format string, args ...any)

// Proxy has a local port for each member.
type Proxy struct {
	Ports   []*Port
	HTTP    []*Port // of the members that serve HTTP on a port separate from gRPC
	Connect *Connect
}

// Port is the local port of one member.
type Port struct {
	Member   cluster.Member
	http     bool
	listener net.Listener

	mu        sync.Mutex
	lastError string // the last error that was reported, or ""
}

// Listen opens a port for each member, and then the ports for HTTP. They are numbered from first, or chosen by the
// kernel if first is 0. The kernel always chooses the port for CONNECT.
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
			return nil, fmt.Errorf("open a local port for %s: %w (choose another --port, or omit it)", port, err)
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

// HTTPOf returns the port for HTTP of a member: a separate one, or port itself if the member serves both there.
func (p *Proxy) HTTPOf(port *Port) *Port {
	for _, h := range p.HTTP {
		if h.Member.PodName == port.Member.PodName {
			return h
		}
	}
	return port
}

// Number returns the TCP port.
func (p *Port) Number() int {
	return p.listener.Addr().(*net.TCPAddr).Port
}

// Address returns the host:port of the port.
func (p *Port) Address() string { return p.listener.Addr().String() }

// String returns the destination of the port as text for people.
func (p *Port) String() string {
	if p.http {
		return fmt.Sprintf("HTTP of member %q", p.Member.Name)
	}
	return fmt.Sprintf("member %q", p.Member.Name)
}

// String lists the members and their ports as text for people.
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

// Close closes the ports.
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

// Serve serves until ctx ends. It returns when all connections are closed.
func (p *Proxy) Serve(ctx context.Context, ways Ways, note Note) {
	defer context.AfterFunc(ctx, p.Close)()
	var serving sync.WaitGroup
	for _, port := range p.all() {
		failed := func(err error) { port.noteOnce(note, err) }
		serving.Go(func() {
			serve(ctx, port.listener, failed, func(client net.Conn) { port.handle(ctx, client, ways, note) })
		})
	}
	serving.Go(func() {
		failed := func(err error) { note("connections to %s cannot be accepted: %v", p.Connect.Address(), err) }
		serve(ctx, p.Connect.listener, failed, func(client net.Conn) { p.Connect.handle(ctx, client, ways, note) })
	})
	serving.Wait()
}

// serve accepts connections and handles each one in a goroutine, until the listener is closed.
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

// handle serves one connection. If the member cannot be reached, it closes the connection at once, as the member's host
// would.
func (p *Port) handle(ctx context.Context, client net.Conn, ways Ways, note Note) {
	defer func() { _ = client.Close() }()
	member, err := p.dial(ctx, ways)
	if err == nil {
		err = relay(ctx, client, member, func() { p.noteOnce(note, nil) })
	}
	if err != nil && ctx.Err() == nil {
		p.noteOnce(note, err)
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

// noteOnce reports once that the member cannot be reached and why, and once that it can be reached again: clients retry
// all the time.
func (p *Port) noteOnce(note Note, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil && p.lastError != "":
		p.lastError = ""
		note("%s can be reached again", p)
	case err != nil && p.lastError != err.Error():
		p.lastError = err.Error()
		note("%s cannot be reached: %v", p, err)
	}
}
