package portforward

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"
)

// closeGrace bounds the orderly end of a session.
const closeGrace = 100 * time.Millisecond

// refusalGrace bounds the wait for a reason after the end of the data stream.
const refusalGrace = 100 * time.Millisecond

// conn is one port-forward session as a net.Conn. A session carries one connection only: an error on any stream
// ends the whole session in the kubelet, and must not end a neighbour.
type conn struct {
	session *session
	addr    addr

	in, out         *queue
	readMu, writeMu sync.Mutex
	opened          chan error    // one answer: nil when both streams have been accepted
	sent            chan struct{} // closed when nothing of out is sent any more
	over            chan struct{} // closed when nothing is received any more

	readLimit, writeLimit deadline

	remote  chan struct{} // closed when the error stream has ended
	refusal error         // what the error stream said; read after remote

	endOnce sync.Once
}

// newConn opens the two streams of one forwarded connection, and drains them from then on. It waits for both to be
// accepted, until the session ends.
func newConn(session *session, addr addr) (*conn, error) {
	c := unopened(session, addr)
	go c.receive()
	if err := c.open(); err != nil {
		close(c.sent)
		return nil, err
	}
	go c.send()
	go session.keepAlive(c.over)
	return c, nil
}

// unopened returns a connection that nothing is asked for yet.
func unopened(session *session, addr addr) *conn {
	return &conn{
		session: session, addr: addr,
		in: newQueue(), out: newQueue(),
		opened: make(chan error, 1), sent: make(chan struct{}), over: make(chan struct{}), remote: make(chan struct{}),
		readLimit: newDeadline(), writeLimit: newDeadline(),
	}
}

func (c *conn) open() error {
	if err := c.session.open(fmt.Sprint(c.addr.port)); err != nil {
		return fmt.Errorf("open the streams: %w", err)
	}
	return c.reason(<-c.opened)
}

// refusalText takes the cause out of the runtime's chain of prefixes:
// "an error occurred forwarding 0 -> 2379: error forwarding port 2379 to pod X, uid : failed to execute portforward
// in network namespace ...: failed to connect to localhost:2379 inside namespace X, IPv4: dial tcp4 ...: connect: connection refused".
func refusalText(message string) string {
	message = strings.TrimSpace(message)
	if strings.Contains(message, "connection refused") {
		return "connection refused (nothing listens on that port)"
	}
	return message
}

// reason returns the kubelet's word on why the connection ended, where it has given one, instead of err.
func (c *conn) reason(err error) error {
	select {
	case <-c.remote:
		if err != nil && c.refusal != nil {
			return fmt.Errorf("%s: %w", c.addr, c.refusal)
		}
	default:
	}
	return err
}

// CloseWrite ends our half of the connection, after what was written; the other half goes on.
func (c *conn) CloseWrite() error {
	c.out.end(io.ErrClosedPipe)
	return nil
}

// Close implements net.Conn. What was written before is sent, as a socket does it, but where the other side does not take
// it the connection below is cut.
func (c *conn) Close() error {
	c.in.abort(net.ErrClosed)
	return c.end()
}

// end closes the session and ends every goroutine of it.
func (c *conn) end() error {
	err := net.ErrClosed
	c.endOnce.Do(func() {
		c.out.end(net.ErrClosed) // first: who has read the end is to write nothing more
		c.in.end(net.ErrClosed)
		c.readLimit.stop()
		c.writeLimit.stop()
		ended := make(chan struct{})
		go func() {
			<-c.sent
			c.session.close()
			close(ended)
		}()
		err = nil
		select {
		case <-ended:
		case <-time.After(closeGrace):
			if err = c.session.cut(); errors.Is(err, net.ErrClosed) { // the session was faster after all
				err = nil
			}
		}
	})
	return err
}

func (c *conn) LocalAddr() net.Addr  { return addr{pod: "kubectl-etcd"} }
func (c *conn) RemoteAddr() net.Addr { return c.addr }

func (c *conn) SetDeadline(t time.Time) error {
	c.readLimit.set(t)
	c.writeLimit.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error  { c.readLimit.set(t); return nil }
func (c *conn) SetWriteDeadline(t time.Time) error { c.writeLimit.set(t); return nil }
