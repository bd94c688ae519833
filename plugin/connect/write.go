package connect

import (
	"bytes"
	"net"
	"os"
)

// maxFrame bounds the data in one frame.
const maxFrame = 64 << 10

// Write implements net.Conn. What was begun when a deadline passes cannot be taken back, and a part of a frame would
// garble the rest: the connection is closed then. The bytes are copied, because the write may outlive this call: client-go's
// streams know no deadline, and a write that the other side does not take holds their lock.
func (c *conn) Write(p []byte) (int, error) {
	expired := c.writeLimit.expired()
	select {
	case <-expired:
		return 0, os.ErrDeadlineExceeded
	case <-c.closed:
		return 0, c.reason(net.ErrClosed)
	default:
	}
	type result struct {
		n   int
		err error
	}
	written := make(chan result, 1)
	go func(p []byte) {
		n, err := c.writeFrames(p)
		written <- result{n, err}
	}(bytes.Clone(p))
	for {
		select {
		case r := <-written:
			if r.err != nil {
				r.err = c.reason(r.err)
			}
			return r.n, r.err
		case <-c.closed:
			return 0, c.reason(net.ErrClosed)
		case <-expired:
			if moved := c.writeLimit.expired(); moved != expired {
				expired = moved // the deadline was moved meanwhile
				continue
			}
			_ = c.Close()
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// writeFrames writes in pieces: a SPDY frame has 16 MiB at most, and a large one would hold up everything else.
func (c *conn) writeFrames(p []byte) (int, error) {
	written := 0
	for first := true; first || written < len(p); first = false {
		n, err := c.data.Write(p[written:min(written+maxFrame, len(p))])
		written += n
		if err != nil {
			return written, err
		}
	}
	return written, nil
}
