package portforward

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/moby/spdystream/spdy"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/portforward"
	transportspdy "k8s.io/client-go/transport/spdy"
	"k8s.io/streaming/pkg/httpstream"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// recorder records each write separately.
type recorder struct {
	net.Conn
	writes [][]byte
}

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, bytes.Clone(p))
	return len(p), nil
}

func (r *recorder) Close() error { return nil }

// TestFramesAreSPDY reads the frames of a session with the library that the kubelet and the runtimes use.
func TestFramesAreSPDY(t *testing.T) {
	var wire recorder
	s := newSession(&wire, nil, nil)
	long := bytes.Repeat([]byte("long"), maxFrame/4)
	for _, err := range []error{s.open("2379"), s.send([]byte("x"), false), s.send(long, false), s.send(nil, true), s.ping(4)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	s.close()
	if len(wire.writes) != 6 {
		t.Errorf("%d writes", len(wire.writes))
	}

	framer, err := spdy.NewFramer(io.Discard, bytes.NewReader(slices.Concat(wire.writes...)))
	if err != nil {
		t.Fatal(err)
	}
	headers := func(kind string) http.Header {
		return http.Header{"Streamtype": {kind}, "Port": {"2379"}, "Requestid": {"0"}}
	}
	for _, want := range []spdy.Frame{
		&spdy.SynStreamFrame{StreamId: 1, Headers: headers("error")},
		&spdy.DataFrame{StreamId: 1, Flags: spdy.DataFlagFin},
		&spdy.SynStreamFrame{StreamId: 3, Headers: headers("data")},
		&spdy.DataFrame{StreamId: 3, Data: []byte("x")},
		&spdy.DataFrame{StreamId: 3, Data: long},
		&spdy.DataFrame{StreamId: 3, Flags: spdy.DataFlagFin},
		&spdy.PingFrame{Id: 4},
		&spdy.GoAwayFrame{},
	} {
		got, err := framer.ReadFrame()
		if err != nil {
			t.Fatalf("%T: %v", want, err)
		}
		ignoreHeads := cmp.FilterPath(func(p cmp.Path) bool { return strings.HasPrefix(p.Last().String(), ".CFHeader") }, cmp.Ignore())
		sameEmpty := cmp.Comparer(bytes.Equal)
		if diff := cmp.Diff(want, got, ignoreHeads, sameEmpty); diff != "" {
			t.Errorf("%T (-want +got):\n%s", want, diff)
		}
	}
	if got, err := framer.ReadFrame(); err != io.EOF { //nolint:errorlint // the reader returns io.EOF unwrapped
		t.Errorf("%+v, %v after the last frame", got, err)
	}
}

// TestOtherFramesAreDiscarded has the other side send every other kind of frame in between.
func TestOtherFramesAreDiscarded(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	asked := make(chan spdy.Frame, 10)
	framer, err := spdy.NewFramer(there, bufio.NewReader(there))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(asked)
		for {
			f, err := framer.ReadFrame()
			if err != nil {
				return
			}
			asked <- f
		}
	}()
	send := func(frames ...spdy.Frame) {
		for _, f := range frames {
			if err := framer.WriteFrame(f); err != nil {
				t.Errorf("%T: %v", f, err)
			}
		}
	}
	go send(
		&spdy.SettingsFrame{FlagIdValues: []spdy.SettingsFlagIdValue{{Id: 1, Value: 1}}},
		&spdy.SynReplyFrame{StreamId: 1, Headers: http.Header{"A": {"b"}}},
		&spdy.WindowUpdateFrame{StreamId: 1, DeltaWindowSize: 1},
		&spdy.SynReplyFrame{StreamId: 3},
		&spdy.HeadersFrame{StreamId: 3, Headers: http.Header{"C": {"d"}}},
		&spdy.PingFrame{Id: 2},
		&spdy.PingFrame{Id: 1},
		&spdy.SynStreamFrame{StreamId: 2, Headers: http.Header{"E": {"f"}}},
		&spdy.DataFrame{StreamId: 2, Data: []byte("another's")},
		&spdy.DataFrame{StreamId: 3, Data: []byte("ours")},
		&spdy.GoAwayFrame{},
		&spdy.DataFrame{StreamId: 3, Flags: spdy.DataFlagFin},
	)
	c, err := newConn(newSession(here, here, here.Close), addr{"ns", "etcd-0", 2379})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if got, err := io.ReadAll(c); err != nil || string(got) != "ours" {
		t.Errorf("%q, %v", got, err)
	}
	for f := range asked {
		if f, ok := f.(*spdy.PingFrame); ok {
			if f.Id != 2 {
				t.Errorf("answered ping %d", f.Id)
			}
			return
		}
	}
	t.Error("the ping has no answer")
}

// TestDataBeforeTheOtherReply has the other side send more data than the queue holds, before the error stream has its
// reply. The dial must return the connection, and the data must be readable.
func TestDataBeforeTheOtherReply(t *testing.T) {
	here, there := net.Pipe()
	defer there.Close()
	go func() { _, _ = io.Copy(io.Discard, there) }()
	framer, err := spdy.NewFramer(there, nil)
	if err != nil {
		t.Fatal(err)
	}
	all := bytes.Repeat([]byte("long"), maxFrame)
	go func() {
		for _, f := range []spdy.Frame{
			&spdy.SynReplyFrame{StreamId: 3}, &spdy.DataFrame{StreamId: 3, Data: all}, &spdy.SynReplyFrame{StreamId: 1},
			&spdy.DataFrame{StreamId: 3, Flags: spdy.DataFlagFin},
		} {
			if err := framer.WriteFrame(f); err != nil {
				return
			}
		}
	}()
	time.AfterFunc(10*time.Second, func() { _ = there.Close() })
	c, err := newConn(newSession(here, here, here.Close), addr{"ns", "etcd-0", 2379})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := io.ReadAll(c); err != nil || !bytes.Equal(got, all) {
		t.Errorf("%d bytes of %d, %v", len(got), len(all), err)
	}
}

// FuzzReceive has the other side send arbitrary bytes. The session must read them to the end, and nothing may block.
func FuzzReceive(f *testing.F) {
	for _, seed := range []string{
		"", "\x80\x03\x00\x02\x00\x00\x00\x04\x00\x00\x00\x01", "\x80\x03\x00\x03\x00\x00\x00\x08\x00\x00\x00\x03\x00\x00\x00\x05",
		"\x00\x00\x00\x03\x01\x00\x00\x01x", "\x00\x00\x00\x01\x00\xff\xff\xffno", "\x80\x03\x00\x06\x00\x00\x00\x00",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		c := unopened(newSession(&recorder{}, bytes.NewReader(sent), func() error { return nil }), addr{})
		close(c.sent)
		go c.receive()
		n, err := io.Copy(io.Discard, c)
		if n > int64(len(sent)) {
			t.Errorf("%d bytes of %d, %v", n, len(sent), err)
		}
		<-c.over
	})
}

// BenchmarkConn sends one small request and reads its response, through this package and through client-go's streams.
// Every call through a tunnel allocates the bytes that it reports.
func BenchmarkConn(b *testing.B) {
	for name, refusal := range map[string]int{"WebSocket": 0, "SPDY": http.StatusBadRequest} {
		s := &kubetest.APIServer{Backend: kubetest.Listen(b, kubetest.Echo), NoUpgrade: refusal}
		s.Serve(b)
		b.Run(name+"/ours", func(b *testing.B) { roundTrips(b, mustDial(b, s)) })
		b.Run(name+"/client-go", func(b *testing.B) {
			stream, closeSession := clientGoStream(b, s)
			b.Cleanup(closeSession)
			roundTrips(b, stream)
		})
	}
}

// BenchmarkDial opens a connection and closes it, as a command does once for each member.
func BenchmarkDial(b *testing.B) {
	s := (&kubetest.APIServer{Backend: kubetest.Listen(b, kubetest.Echo)}).Serve(b)
	b.Run("ours", func(b *testing.B) {
		d := dialerTo(b, s)
		b.ReportAllocs()
		for b.Loop() {
			conn, err := d.Dial(b.Context(), "ns", "etcd-0", 2379)
			if err != nil {
				b.Fatal(err)
			}
			_ = conn.Close()
		}
	})
	b.Run("client-go", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, closeSession := clientGoStream(b, s)
			closeSession()
		}
	})
}

func roundTrips(b *testing.B, conn io.ReadWriter) {
	b.Helper()
	p := make([]byte, 330) // the size of a put of 256 bytes in HTTP/2
	b.ReportAllocs()
	for b.Loop() {
		if _, err := conn.Write(p); err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(conn, p); err != nil {
			b.Fatal(err)
		}
	}
}

// clientGoStream opens the data stream of a forwarded connection with client-go's dialers, as kubectl port-forward
// does.
func clientGoStream(b *testing.B, s *kubetest.APIServer) (stream httpstream.Stream, closeSession func()) {
	b.Helper()
	target, err := url.Parse(s.URL + "/api/v1/namespaces/ns/pods/etcd-0/portforward")
	if err != nil {
		b.Fatal(err)
	}
	dialer, err := portforward.NewSPDYOverWebsocketDialer(target, s.Config())
	if s.NoUpgrade != 0 {
		transport, upgrader, err := transportspdy.RoundTripperFor(s.Config())
		if err != nil {
			b.Fatal(err)
		}
		dialer = transportspdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, target)
	}
	if err != nil {
		b.Fatal(err)
	}
	session, _, err := dialer.Dial(portForwardProtocol)
	if err != nil {
		b.Fatal(err)
	}
	for _, kind := range []string{corev1.StreamTypeError, corev1.StreamTypeData} {
		headers := http.Header{}
		headers.Set(corev1.StreamType, kind)
		headers.Set(corev1.PortHeader, "2379")
		headers.Set(corev1.PortForwardRequestIDHeader, "0")
		if stream, err = session.CreateStream(headers); err != nil {
			b.Fatal(err)
		}
	}
	return stream, func() { _ = session.Close() }
}
