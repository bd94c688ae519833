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

// Write implements net.Conn. It returns when the data is queued, as a socket does. So a deadline never interrupts a
// frame, and small writes are sent together in the next frame.
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

// send sends the queued data until the session fails or this side's half of the connection is closed.
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
			_ = c.session.send(nil, true) // if it fails, the session has ended
			return
		default:
			<-c.out.more
		}
	}
}

// endOfStream returns the kubelet's error instead of io.EOF. It waits up to refusalGrace, because the error comes on
// the other stream.
func (c *conn) endOfStream(err error) error {
	if err == io.EOF { //nolint:errorlint // a queue returns the error that it was ended with, unwrapped
		select {
		case <-c.errorStreamEnded:
		case <-time.After(refusalGrace):
		}
	}
	return c.reason(err)
}
