package connect

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/streaming/pkg/httpstream"
)

// closeGrace bounds the orderly end of a session.
const closeGrace = time.Second

// refusalGrace bounds the wait for a reason after the end of the data stream.
const refusalGrace = 100 * time.Millisecond

// conn is one port-forward session as a net.Conn. A session carries one connection only: an error on any stream
// ends the whole session in client-go, and must not end a neighbour.
type conn struct {
	session session
	data    httpstream.Stream
	addr    podAddr

	chunks  chan []byte // from the pump; closed at the end of the stream
	pending []byte      // what Read has not yet handed out of the last chunk
	readMu  sync.Mutex

	readLimit, writeLimit deadline

	remote  chan struct{} // closed when the error stream has ended
	refusal error         // what the error stream said; read after remote

	closed    chan struct{}
	closeOnce sync.Once
}

// newConn opens the two streams of one forwarded connection, and drains them from then on.
func newConn(session session, port int, addr podAddr) (*conn, error) {
	failure, err := session.CreateStream(streamHeaders(corev1.StreamTypeError, port))
	if err != nil {
		return nil, fmt.Errorf("open the error stream: %w", err)
	}
	// Nothing is ever written on the error stream.
	if err := failure.Close(); err != nil {
		return nil, fmt.Errorf("half-close the error stream: %w", err)
	}
	data, err := session.CreateStream(streamHeaders(corev1.StreamTypeData, port))
	if err != nil {
		return nil, fmt.Errorf("open the data stream: %w", err)
	}
	c := &conn{
		session: session, data: data, addr: addr,
		chunks: make(chan []byte), remote: make(chan struct{}), closed: make(chan struct{}),
		readLimit: newDeadline(), writeLimit: newDeadline(),
	}
	go c.drainErrors(failure)
	go c.pump()
	return c, nil
}

// drainErrors waits for the kubelet's word that it could not connect, or lost the connection.
func (c *conn) drainErrors(failure io.Reader) {
	message, err := io.ReadAll(io.LimitReader(failure, 64<<10))
	switch {
	case len(message) > 0:
		c.refusal = errors.New(refusalText(string(message)))
	case err != nil && !c.isClosed():
		c.refusal = err
	}
	close(c.remote)
	if c.refusal != nil {
		_ = c.Close()
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

// pump moves data out of the stream, one chunk at a time: while nobody reads, nothing is buffered here and the
// session's flow stops, so a slow reader does not grow memory.
func (c *conn) pump() {
	defer close(c.chunks)
	for {
		chunk := make([]byte, 32<<10)
		n, err := c.data.Read(chunk)
		if n > 0 {
			select {
			case c.chunks <- chunk[:n]:
			case <-c.closed:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	if len(c.pending) == 0 {
		expired := c.readLimit.expired()
		select {
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		default:
		}
		select {
		case chunk, ok := <-c.chunks:
			if !ok {
				return 0, c.endOfStream()
			}
			c.pending = chunk
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		}
	}
	n := copy(p, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

// endOfStream prefers the kubelet's reason over a bare EOF, and gives the other stream a moment to bring it.
func (c *conn) endOfStream() error {
	select {
	case <-c.remote:
	case <-time.After(refusalGrace):
	}
	if c.isClosed() {
		return c.reason(net.ErrClosed)
	}
	return c.reason(io.EOF)
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

func (c *conn) isClosed() bool {
	select {
	case <-c.closed:
		return true
	default:
		return false
	}
}

// CloseWrite ends our half of the connection; the other half goes on.
func (c *conn) CloseWrite() error { return c.data.Close() }

// Close implements net.Conn. It ends the session and every goroutine of it. Where a write that nobody takes holds the
// session's lock, it cuts the connection below.
func (c *conn) Close() error {
	err := net.ErrClosed
	c.closeOnce.Do(func() {
		close(c.closed)
		c.readLimit.stop()
		c.writeLimit.stop()
		ended := make(chan error, 1)
		go func() {
			_ = c.data.Reset() // unblocks the pump
			ended <- c.session.Close()
		}()
		select {
		case err = <-ended:
		case <-time.After(closeGrace):
			err = c.session.cut()
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
