package connect

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/streaming/pkg/httpstream"
)

// closeGrace bounds the orderly end of a session.
const closeGrace = 100 * time.Millisecond

// refusalGrace bounds the wait for a reason after the end of the data stream.
const refusalGrace = 100 * time.Millisecond

// conn is one port-forward session as a net.Conn. A session carries one connection only: an error on any stream
// ends the whole session in client-go, and must not end a neighbour.
type conn struct {
	session session
	data    httpstream.Stream
	addr    podAddr

	in, out         *queue
	readMu, writeMu sync.Mutex
	sent            chan struct{} // closed when nothing of out is sent any more

	readLimit, writeLimit deadline

	remote  chan struct{} // closed when the error stream has ended
	refusal error         // what the error stream said; read after remote

	endOnce sync.Once
}

// newConn opens the two streams of one forwarded connection, and drains them from then on.
func newConn(session session, port int, addr podAddr) (*conn, error) {
	// The other side puts them together by their request ID: neither need wait for the answer to the other.
	var failure, data httpstream.Stream
	var open errgroup.Group
	open.Go(func() (err error) {
		if failure, err = session.CreateStream(streamHeaders(corev1.StreamTypeError, port)); err != nil {
			return fmt.Errorf("open the error stream: %w", err)
		}
		return nil
	})
	open.Go(func() (err error) {
		if data, err = session.CreateStream(streamHeaders(corev1.StreamTypeData, port)); err != nil {
			return fmt.Errorf("open the data stream: %w", err)
		}
		return nil
	})
	if err := open.Wait(); err != nil {
		return nil, err
	}
	// Nothing is ever written on the error stream.
	if err := failure.Close(); err != nil {
		return nil, fmt.Errorf("half-close the error stream: %w", err)
	}
	c := &conn{
		session: session, data: data, addr: addr,
		in: newQueue(), out: newQueue(),
		sent: make(chan struct{}), remote: make(chan struct{}),
		readLimit: newDeadline(), writeLimit: newDeadline(),
	}
	go c.drainErrors(failure)
	go c.receive()
	go c.send()
	return c, nil
}

// drainErrors waits for the kubelet's word that it could not connect, or lost the connection.
func (c *conn) drainErrors(failure io.Reader) {
	message, err := io.ReadAll(io.LimitReader(failure, 64<<10))
	switch {
	case len(message) > 0:
		c.refusal = errors.New(refusalText(string(message)))
	case err != nil:
		c.refusal = err
	}
	close(c.remote)
	if c.refusal != nil {
		_ = c.end()
	}
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
		if c.refusal != nil {
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
		c.in.end(net.ErrClosed)
		c.out.end(net.ErrClosed)
		c.readLimit.stop()
		c.writeLimit.stop()
		ended := make(chan error, 1)
		go func() {
			<-c.sent
			ended <- c.session.Close()
		}()
		select {
		case err = <-ended:
		case <-time.After(closeGrace):
			err = c.session.cut()
		}
		if errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) { // the other side was faster, or the session after all
			err = nil
		}
	})
	return err
}

func (c *conn) LocalAddr() net.Addr  { return podAddr{pod: "kubectl-etcd"} }
func (c *conn) RemoteAddr() net.Addr { return c.addr }

func (c *conn) SetDeadline(t time.Time) error {
	c.readLimit.set(t)
	c.writeLimit.set(t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error  { c.readLimit.set(t); return nil }
func (c *conn) SetWriteDeadline(t time.Time) error { c.writeLimit.set(t); return nil }
