package portforward

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/portforward"
)

// readBuffer is the size of a read from the connection. It is the size of one message of the API server.
const readBuffer = 32 << 10

// The stream IDs of a session. A client's are odd and ascending.
const (
	errorStream = 1
	dataStream  = 3
)

// session is a port-forward session: SPDY over a connection.
type session struct {
	conn           net.Conn
	unread         *bufio.Reader
	closeTransport func() error // closes the underlying connection without a farewell to the other side
	pings          chan uint32  // IDs of the other side's pings that are not answered yet

	mu     sync.Mutex // of writes: one at a time
	frames []byte     // write buffer, reused
}

// newSession returns a session that writes to conn and reads from unread, which is conn or a buffer on it.
func newSession(conn net.Conn, unread io.Reader, closeTransport func() error) *session {
	return &session{
		conn: conn, closeTransport: closeTransport, pings: make(chan uint32, 1),
		unread: bufio.NewReaderSize(unread, readBuffer), // returned as it is if it already is a buffer of that size
	}
}

// open requests both streams in one write. It half-closes the error stream, on which a client sends nothing.
func (s *session) open(port string) error {
	return s.write(func(b []byte) []byte {
		b = appendStream(b, errorStream, appendHeaders(headerStart(), streamHeaders(corev1.StreamTypeError, port)))
		b = appendData(b, errorStream, nil, true)
		return appendStream(b, dataStream, appendHeaders(nil, streamHeaders(corev1.StreamTypeData, port)))
	})
}

// streamHeaders returns the headers by which the kubelet identifies a stream.
func streamHeaders(kind, port string) map[string]string {
	return map[string]string{
		corev1.StreamType: kind, corev1.PortHeader: port,
		corev1.PortForwardRequestIDHeader: "0", // each session has one connection
	}
}

// send sends data. With fin it ends this side's half of the data stream.
func (s *session) send(p []byte, fin bool) error {
	return s.write(func(b []byte) []byte { return appendData(b, dataStream, p, fin) })
}

// ping sends a ping, or the answer to one.
func (s *session) ping(id uint32) error {
	return s.write(func(b []byte) []byte { return appendControl(b, ping, binary.BigEndian.AppendUint32(nil, id)) })
}

// answerPing hands the peer's ping to keepAlive. The receiving goroutine must not write: if both sides blocked on
// sending, neither would receive. A ping that arrives while another is pending is dropped.
func (s *session) answerPing(id uint32) {
	select {
	case s.pings <- id:
	default:
	}
}

// keepAlive answers pings, and sends its own every PingPeriod, until over is closed: proxies and load balancers close
// idle connections.
func (s *session) keepAlive(over <-chan struct{}) {
	tick := time.NewTicker(portforward.PingPeriod)
	defer tick.Stop()
	for own := uint32(1); ; { // a client's ping IDs are odd
		select {
		case <-over:
			return
		case id := <-s.pings:
			_ = s.ping(id)
		case <-tick.C:
			_ = s.ping(own & idMask) // the receiving goroutine sees the failure
			own += 2
		}
	}
}

// close sends GOAWAY and closes the connection. Errors are ignored: a broken connection needs no farewell.
func (s *session) close() {
	_ = s.write(func(b []byte) []byte { return appendControl(b, goAway, make([]byte, 8)) }) // last good stream 0, status OK
	_ = s.conn.Close()
}

// write sends frames in one write.
func (s *session) write(frames func([]byte) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = frames(s.frames[:0])
	_, err := s.conn.Write(s.frames)
	return err
}
