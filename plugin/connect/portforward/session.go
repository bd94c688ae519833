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

// readBuffer is what is taken from a connection at once: as much as one of the API server's messages carries.
const readBuffer = 32 << 10

// The two streams of a session. Those of a client have odd numbers, ascending.
const (
	errorStream = 1
	dataStream  = 3
)

// session is a port-forward session: a connection that SPDY is spoken over.
type session struct {
	conn   net.Conn
	unread *bufio.Reader
	cut    func() error // ends what it runs over, without asking the other side
	pings  chan uint32  // of the other side, to be answered

	mu     sync.Mutex // of writing: one frame at a time
	frames []byte     // reused
}

// newSession reads from unread, which is conn or a buffer on it.
func newSession(conn net.Conn, unread io.Reader, cut func() error) *session {
	return &session{
		conn: conn, cut: cut, pings: make(chan uint32, 1),
		unread: bufio.NewReaderSize(unread, readBuffer), // a buffer of that size stays itself
	}
}

// open asks for both streams, and half-closes that for errors, on which a client says nothing. All goes in one write.
func (s *session) open(port string) error {
	return s.write(func(b []byte) []byte {
		b = appendStream(b, errorStream, appendHeaders(headerStart(), streamHeaders(corev1.StreamTypeError, port)))
		b = appendData(b, errorStream, nil, true)
		return appendStream(b, dataStream, appendHeaders(nil, streamHeaders(corev1.StreamTypeData, port)))
	})
}

// streamHeaders are what the kubelet knows a stream by.
func streamHeaders(kind, port string) map[string]string {
	return map[string]string{
		corev1.StreamType: kind, corev1.PortHeader: port,
		corev1.PortForwardRequestIDHeader: "0", // one connection in each session
	}
}

// send sends data, and with fin the end of it.
func (s *session) send(p []byte, fin bool) error {
	return s.write(func(b []byte) []byte { return appendData(b, dataStream, p, fin) })
}

// ping asks for an answer, or is one.
func (s *session) ping(id uint32) error {
	return s.write(func(b []byte) []byte { return appendControl(b, ping, binary.BigEndian.AppendUint32(nil, id)) })
}

// pinged has a ping of the other side answered, but not by whoever receives: each side could wait to send until the other
// receives. One that comes before the last is answered is passed over.
func (s *session) pinged(id uint32) {
	select {
	case s.pings <- id:
	default:
	}
}

// keepAlive answers pings, and sends its own now and then, until over is closed: proxies and load balancers end what is
// idle.
func (s *session) keepAlive(over <-chan struct{}) {
	tick := time.NewTicker(portforward.PingPeriod)
	defer tick.Stop()
	for own := uint32(1); ; { // a client's are odd
		select {
		case <-over:
			return
		case id := <-s.pings:
			_ = s.ping(id)
		case <-tick.C:
			_ = s.ping(own & idMask) // whoever receives learns of the end
			own += 2
		}
	}
}

// close takes leave, and closes the connection. Where that is broken it is over as well.
func (s *session) close() {
	_ = s.write(func(b []byte) []byte { return appendControl(b, goAway, make([]byte, 8)) }) // no stream of theirs, and no error
	_ = s.conn.Close()
}

// write writes frames at once.
func (s *session) write(frames func([]byte) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames = frames(s.frames[:0])
	_, err := s.conn.Write(s.frames)
	return err
}
