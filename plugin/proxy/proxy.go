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

// Dial opens a connection to the port on which a member serves clients, without TLS over it. It is called for each
// connection, and so finds a member again that was restarted.
type Dial func(ctx context.Context, m cluster.Member) (net.Conn, error)

// Note tells a person something.
type Note func(format string, args ...any)

// Proxy has a port for each member.
type Proxy struct {
	Ports []*Port
}

// Port is where one member is reached.
type Port struct {
	Member   cluster.Member
	listener net.Listener

	mu   sync.Mutex
	said string // why it could not be reached when that was last said
}

// Listen opens a port for each member: first, first+1 and so on, or with 0 whichever are free.
func Listen(ctx context.Context, members []cluster.Member, first int) (*Proxy, error) {
	p := &Proxy{}
	for i, m := range members {
		port := 0
		if first != 0 {
			port = first + i
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(loopback, fmt.Sprint(port)))
		if err != nil {
			p.Close()
			return nil, fmt.Errorf("take a port for member %q: %w (choose another --port, or leave it out)", m.Name, err)
		}
		p.Ports = append(p.Ports, &Port{Member: m, listener: l})
	}
	return p, nil
}

// Number returns the port's number.
func (p *Port) Number() int {
	return p.listener.Addr().(*net.TCPAddr).Port
}

// Address returns where the port is.
func (p *Port) Address() string { return p.listener.Addr().String() }

// String tells for people which member is where.
func (p *Proxy) String() string {
	texts := make([]string, len(p.Ports))
	for i, port := range p.Ports {
		texts[i] = fmt.Sprintf("%s (%s)", port.Address(), port.Member.Name)
	}
	return strings.Join(texts, ", ")
}

// Close gives the ports back.
func (p *Proxy) Close() {
	for _, port := range p.Ports {
		_ = port.listener.Close()
	}
}

// Serve serves until ctx ends, and returns when every connection is closed.
func (p *Proxy) Serve(ctx context.Context, dial Dial, note Note) {
	defer context.AfterFunc(ctx, p.Close)()
	var serving sync.WaitGroup
	for _, port := range p.Ports {
		serving.Go(func() { port.serve(ctx, dial, note) })
	}
	serving.Wait()
}

func (p *Port) serve(ctx context.Context, dial Dial, note Note) {
	var open sync.WaitGroup
	defer open.Wait()
	for {
		client, err := p.listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			p.tell(note, err)
			select {
			case <-ctx.Done():
			case <-time.After(acceptPause):
			}
			continue
		}
		open.Go(func() { p.handle(ctx, client, dial, note) })
	}
}

// handle serves one connection. One to a member that cannot be reached is closed at once, as the client's own attempt
// would be.
func (p *Port) handle(ctx context.Context, client net.Conn, dial Dial, note Note) {
	defer func() { _ = client.Close() }()
	limited, cancel := context.WithTimeout(ctx, dialLimit)
	member, err := dial(limited, p.Member)
	cancel()
	if err == nil {
		err = relay(ctx, client, member, func() { p.tell(note, nil) })
	}
	if err != nil && ctx.Err() == nil {
		p.tell(note, err)
	}
}

// tell says once why the member cannot be reached, and that it can be again: a client tries every moment.
func (p *Port) tell(note Note, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil && p.said != "":
		p.said = ""
		note("member %q is reached again", p.Member.Name)
	case err != nil && p.said != err.Error():
		p.said = err.Error()
		note("member %q cannot be reached: %v", p.Member.Name, err)
	}
}
