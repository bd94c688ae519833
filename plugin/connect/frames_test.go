package connect

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/moby/spdystream/spdy"
)

// recorder keeps what is written to it, each write apart.
type recorder struct {
	net.Conn
	writes [][]byte
}

func (r *recorder) Write(p []byte) (int, error) {
	r.writes = append(r.writes, bytes.Clone(p))
	return len(p), nil
}

func TestFramesAreWrittenAtOnce(t *testing.T) {
	frames := []spdy.Frame{
		&spdy.SynStreamFrame{StreamId: 1, Headers: http.Header{"streamtype": {"data"}}},
		&spdy.DataFrame{StreamId: 1, Data: []byte("x")},
		&spdy.DataFrame{StreamId: 1, Data: bytes.Repeat([]byte("long"), 100_000)},
		&spdy.DataFrame{StreamId: 1, Flags: spdy.DataFlagFin},
		&spdy.PingFrame{Id: 1},
		&spdy.RstStreamFrame{StreamId: 1, Status: spdy.Cancel},
		&spdy.GoAwayFrame{Status: spdy.GoAwayOK},
	}
	var whole, pieces recorder
	writeFrames(t, newFrameConn(&whole, nil), frames)
	writeFrames(t, &pieces, frames)
	if len(whole.writes) != len(frames) || len(pieces.writes) < 2*len(frames) {
		t.Errorf("%d frames took %d writes, and %d without", len(frames), len(whole.writes), len(pieces.writes))
	}
	if !bytes.Equal(bytes.Join(pieces.writes, nil), bytes.Join(whole.writes, nil)) {
		t.Error("other bytes were written")
	}
}

func writeFrames(t *testing.T, w io.Writer, frames []spdy.Frame) {
	t.Helper()
	framer, err := spdy.NewFramer(w, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range frames {
		if err := framer.WriteFrame(f); err != nil {
			t.Fatalf("%T: %v", f, err)
		}
	}
}

// BenchmarkConn is one small request and its answer. The bytes it allocates are garbage for every call through a tunnel.
func BenchmarkConn(b *testing.B) {
	for name, refusal := range map[string]int{"WebSocket": 0, "SPDY": http.StatusBadRequest} {
		b.Run(name, func(b *testing.B) {
			s := &apiServer{backend: backend(b, echo), noUpgrade: refusal}
			conn := mustDial(b, s.serve(b))
			p := make([]byte, 330) // a put of 256 bytes in HTTP/2
			b.ReportAllocs()
			for b.Loop() {
				if _, err := conn.Write(p); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(conn, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
