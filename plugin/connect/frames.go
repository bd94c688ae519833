package connect

import (
	"bufio"
	"io"
	"net"
)

// readBuffer is what is taken from a connection at once: as much as one of the API server's messages carries.
const readBuffer = 32 << 10

// frameConn is a connection that SPDY is spoken over, with each frame written at once. The framer of spdystream writes a
// frame in three pieces and more, and reads it so. Each piece would be a WebSocket message, a TLS record and a system
// call, for us, for the API server and for the kubelet.
type frameConn struct {
	net.Conn
	unread *bufio.Reader
	frame  []byte // the pieces so far; spdystream writes one frame at a time
}

// newFrameConn reads from unread, which is conn or a buffer on it.
func newFrameConn(conn net.Conn, unread io.Reader) *frameConn {
	return &frameConn{Conn: conn, unread: bufio.NewReaderSize(unread, readBuffer)} // a buffer of that size stays itself
}

func (c *frameConn) Read(p []byte) (int, error) { return c.unread.Read(p) }

// Write collects the pieces of a frame. An error concerns the pieces before, too, and ends the session.
func (c *frameConn) Write(p []byte) (int, error) {
	c.frame = append(c.frame, p...)
	if !wholeFrame(c.frame) {
		return len(p), nil
	}
	_, err := c.Conn.Write(c.frame)
	c.frame = c.frame[:0]
	if err != nil {
		return 0, err
	}
	return len(p), nil
}

// wholeFrame knows the end of a frame by its header: of both kinds, control and data, it is eight bytes, and the last
// three are the length of what follows (SPDY/3.1, 2.2).
func wholeFrame(frame []byte) bool {
	const header = 8
	return len(frame) >= header && len(frame) == header+(int(frame[5])<<16|int(frame[6])<<8|int(frame[7]))
}
