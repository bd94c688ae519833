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

// closeGrace bounds the wait for pending data and GOAWAY to be sent when a session is closed.
const closeGrace = 100 * time.Millisecond

// refusalGrace bounds the wait for the kubelet's error after the data stream has ended.
const refusalGrace = 100 * time.Millisecond

// conn is one port-forward session as a net.Conn. Each session carries only one connection: the kubelet ends the whole
// session after an error on any stream.
type conn struct {
	session *session
	addr    addr

	in, out         *queue
	readMu, writeMu sync.Mutex
	opened          chan error    // receives once: nil when both streams are accepted, or why not
	sent            chan struct{} // closed when the sending goroutine has ended
	over            chan struct{} // closed when the receiving goroutine has ended

	readLimit, writeLimit deadline

	errorStreamEnded chan struct{} // closed when the error stream has ended
	refusal          error         // the error stream's text; read it after errorStreamEnded

	endOnce sync.Once
}

// newConn opens the two streams of a forwarded connection and starts the goroutines that receive and send. It returns
// when both streams are accepted, or when the session ends.
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

// unopened returns a connection whose streams are not requested yet.
func unopened(session *session, addr addr) *conn {
	return &conn{
		session: session, addr: addr,
		in: newQueue(), out: newQueue(),
		opened: make(chan error, 1), sent: make(chan struct{}), over: make(chan struct{}), errorStreamEnded: make(chan struct{}),
		readLimit: newDeadline(), writeLimit: newDeadline(),
	}
}

func (c *conn) open() error {
	if err := c.session.open(fmt.Sprint(c.addr.port)); err != nil {
		return fmt.Errorf("open the streams: %w", err)
	}
	return c.reason(<-c.opened)
}

// refusalText shortens the kubelet's error, which has the runtime's prefixes in front of the cause: "an error occurred
// forwarding 0 -> 2379: error forwarding port 2379 to pod X, uid : failed to execute portforward in network namespace
// ...: failed to connect to localhost:2379 inside namespace X, IPv4: dial tcp4 ...: connect: connection refused".
func refusalText(message string) string {
	message = strings.TrimSpace(message)
	if strings.Contains(message, "connection refused") {
		return "connection refused (nothing listens on that port)"
	}
	return message
}

// reason returns the kubelet's error instead of err, if it sent one.
func (c *conn) reason(err error) error {
	select {
	case <-c.errorStreamEnded:
		if err != nil && c.refusal != nil {
			return fmt.Errorf("%s: %w", c.addr, c.refusal)
		}
	default:
	}
	return err
}

// CloseWrite closes this side's half of the connection, after the pending data. Reads continue.
func (c *conn) CloseWrite() error {
	c.out.end(io.ErrClosedPipe)
	return nil
}

// Close implements net.Conn. Pending data is sent first, as with a socket. If that takes longer than closeGrace, the
// transport is closed.
func (c *conn) Close() error {
	c.in.abort(net.ErrClosed)
	return c.end()
}

// end closes the session and ends all its goroutines.
func (c *conn) end() error {
	err := net.ErrClosed
	c.endOnce.Do(func() {
		c.out.end(net.ErrClosed) // first: a caller that has read the end must not write any more
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
			if err = c.session.closeTransport(); errors.Is(err, net.ErrClosed) { // the session closed in the meantime
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
