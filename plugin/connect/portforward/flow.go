package portforward

import (
	"io"
	"os"
	"time"
)

// Read implements net.Conn.
func (c *conn) Read(p []byte) (int, error) {
	c.readMu.Lock()
	defer c.readMu.Unlock()
	expired := c.readLimit.expired()
	for {
		select {
		case <-expired:
			return 0, os.ErrDeadlineExceeded
		default:
		}
		n, err := c.in.take(p)
		if err != nil {
			return 0, c.endOfStream(err)
		}
		if n > 0 || len(p) == 0 {
			return n, nil
		}
		select {
		case <-c.in.more:
		case <-expired:
		}
	}
}

// Write implements net.Conn. As with a socket, what it took may be on its way yet when it returns: so a deadline spoils
// nothing, and small writes that come while a frame is being sent share the next one.
func (c *conn) Write(p []byte) (int, error) {
	c.writeMu.Lock()
	defer c.writeMu.Unlock()
	expired := c.writeLimit.expired()
	for written := 0; ; {
		select {
		case <-expired:
			return written, os.ErrDeadlineExceeded
		default:
		}
		n, err := c.out.put(p[written:])
		written += n
		if err != nil {
			return written, c.reason(err)
		}
		if written == len(p) {
			return written, nil
		}
		select {
		case <-c.out.room:
		case <-expired:
		}
	}
}

// send moves what was written into the session, until that or our half of the connection ends.
func (c *conn) send() {
	defer close(c.sent)
	frame := make([]byte, maxFrame)
	for {
		n, err := c.out.take(frame)
		switch {
		case n > 0:
			if err := c.session.send(frame[:n], false); err != nil {
				c.out.abort(err)
				return
			}
		case err != nil:
			_ = c.session.send(nil, true) // it has failed with the session, or tells the other side
			return
		default:
			<-c.out.more
		}
	}
}

// endOfStream prefers the kubelet's reason over a bare EOF, and gives the other stream a moment to bring it.
func (c *conn) endOfStream(err error) error {
	if err == io.EOF { //nolint:errorlint // a queue returns what it was ended with
		select {
		case <-c.remote:
		case <-time.After(refusalGrace):
		}
	}
	return c.reason(err)
}
