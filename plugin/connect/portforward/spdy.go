package portforward

import (
	"encoding/binary"
	"io"
	"maps"
	"slices"
	"strings"
)

// This is as much of SPDY/3.1 as a client takes who opens the two streams of one forwarded connection
// (https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1). spdystream, with which client-go speaks it, is made
// for both sides and many streams: a session of it fills a compressor's tables of a megabyte to send two short headers,
// 7 % of the processor time of "status"; it starts a dozen goroutines, writes a frame in three pieces, each of which becomes
// a message, a record and a system call on every hop, and keeps 50 frames for a reader who takes none.

// The kinds of control frames (2.6).
const (
	synStream = 1
	synReply  = 2
	rstStream = 3
	ping      = 6
	goAway    = 7
)

const (
	frameHead   = 8 // bytes
	controlHead = 0x8003_0000
	flagFin     = 1
	idMask      = 0x7fff_ffff
)

// frame is what is before the payload of a frame.
type frame struct {
	control bool
	kind    uint16 // of a control frame
	stream  uint32 // of data
	fin     bool
	length  int64 // of the payload, which is to be read next
}

// readFrame reads the head of a frame (2.2).
func readFrame(r io.Reader) (frame, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	first, second := binary.BigEndian.Uint32(head[:]), binary.BigEndian.Uint32(head[4:])
	f := frame{control: first>>31 == 1, fin: second>>24&flagFin != 0, length: int64(second & 0xff_ffff)}
	if f.control {
		f.kind = uint16(first & 0xffff)
	} else {
		f.stream = first
	}
	return f, nil
}

// appendControl appends a control frame.
func appendControl(b []byte, kind uint16, payload []byte) []byte {
	b = binary.BigEndian.AppendUint32(b, controlHead|uint32(kind))
	b = binary.BigEndian.AppendUint32(b, uint32(len(payload))) //nolint:gosec // they are short
	return append(b, payload...)
}

// appendData appends a data frame. p is no longer than three bytes tell.
func appendData(b []byte, stream uint32, p []byte, fin bool) []byte {
	second := uint32(len(p)) //nolint:gosec // see above
	if fin {
		second |= flagFin << 24
	}
	b = binary.BigEndian.AppendUint32(b, stream)
	b = binary.BigEndian.AppendUint32(b, second)
	return append(b, p...)
}

// appendStream appends the frame that opens a stream (2.6.1).
func appendStream(b []byte, stream uint32, headers []byte) []byte {
	payload := binary.BigEndian.AppendUint32(nil, stream)
	payload = append(payload, 0, 0, 0, 0, 0, 0) // no other stream is associated, priority and slot are the first
	return appendControl(b, synStream, append(payload, headers...))
}

// headerStart begins the one stream of zlib that all headers of a session are in (2.6.10.1): deflate with a preset
// dictionary, and the Adler-32 of that (RFC 1950, 2.2).
func headerStart() []byte { return []byte{0x78, 0x20, 0xe3, 0xc6, 0xa7, 0xc2} }

// appendHeaders appends the names and values of a stream's headers, as they are: a stored block of deflate (RFC 1951,
// 3.2.4). Go's compress/flate hands out what is in it with the next, empty one, as a flush writes it.
func appendHeaders(b []byte, headers map[string]string) []byte {
	text := binary.BigEndian.AppendUint32(nil, uint32(len(headers))) //nolint:gosec // they are few
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for _, s := range []string{strings.ToLower(name), headers[name]} {
			text = binary.BigEndian.AppendUint32(text, uint32(len(s))) //nolint:gosec // and short
			text = append(text, s...)
		}
	}
	return appendStored(appendStored(b, text), nil)
}

// appendStored appends a block that is not the last.
func appendStored(b, text []byte) []byte {
	length := uint16(len(text)) //nolint:gosec // headers are short
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint16(b, length)
	b = binary.LittleEndian.AppendUint16(b, ^length)
	return append(b, text...)
}
