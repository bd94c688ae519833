package portforward

import (
	"encoding/binary"
	"io"
	"maps"
	"slices"
	"strings"
)

// This is the part of SPDY/3.1 that a client needs to open the two streams of one forwarded connection
// (https://www.chromium.org/spdy/spdy-protocol/spdy-protocol-draft3-1). client-go uses spdystream, which implements
// both sides and any number of streams. Each of its sessions fills a compressor's tables of 1 MB to send two short
// headers (7 % of the processor time of "status"), starts a dozen goroutines, and writes a frame in three pieces, each
// of which becomes a message, a record and a system call on every hop. It buffers 50 frames for a reader that reads
// none.

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

// frame is the header of a frame.
type frame struct {
	control bool
	kind    uint16 // of control frames
	stream  uint32 // of data frames
	fin     bool
	length  int64 // of the payload that follows
}

// readFrame reads the header of a frame (2.2).
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

// appendData appends a data frame. len(p) must fit in 24 bits.
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
	payload = append(payload, 0, 0, 0, 0, 0, 0) // no associated stream; priority and slot are 0
	return appendControl(b, synStream, append(payload, headers...))
}

// headerStart returns the start of the zlib stream that holds all headers of a session (2.6.10.1): deflate with a
// preset dictionary, and the dictionary's Adler-32 (RFC 1950, 2.2).
func headerStart() []byte { return []byte{0x78, 0x20, 0xe3, 0xc6, 0xa7, 0xc2} }

// appendHeaders appends the headers of a stream uncompressed, as a stored block of deflate (RFC 1951, 3.2.4). An empty
// stored block follows, as a flush writes it: Go's compress/flate returns a block's data only when it reads the next
// one.
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

// appendStored appends a stored block that is not the last one.
func appendStored(b, text []byte) []byte {
	length := uint16(len(text)) //nolint:gosec // headers are short
	b = append(b, 0)
	b = binary.LittleEndian.AppendUint16(b, length)
	b = binary.LittleEndian.AppendUint16(b, ^length)
	return append(b, text...)
}
