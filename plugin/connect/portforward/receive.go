package portforward

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxRefusal bounds the text that is kept of the error stream.
const maxRefusal = 64 << 10

// receiver reads the frames of a session until it ends.
type receiver struct {
	*conn
	replies            [dataStream + 1]bool // whether the stream is accepted
	message            []byte               // the text of the error stream
	errorStreamHandled bool                 // whether the end of the error stream was handled
}

// receive moves received data to the queue of the reader. While the queue is full it reads nothing more, so the
// session's flow control stops the sender: a slow reader does not use more memory.
func (c *conn) receive() {
	r := &receiver{conn: c}
	var err error
	for err == nil {
		err = r.next()
	}
	r.fail(fmt.Errorf("the session ended: %w", err))
	r.endErrorStream()
	c.in.end(io.EOF)
	close(c.over)
}

// next handles one frame. It discards frames that a client with two streams does not need.
func (r *receiver) next() error {
	f, err := readFrame(r.session.unread)
	if err != nil {
		return err
	}
	payload := &io.LimitedReader{R: r.session.unread, N: f.length}
	switch {
	case !f.control:
		err = r.data(f, payload)
	case f.kind == synReply:
		err = r.reply(f, payload)
	case f.kind == rstStream:
		err = r.reset(payload)
	case f.kind == ping:
		err = r.handlePing(payload)
	}
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, payload); err != nil {
		return err
	}
	if payload.N > 0 {
		return io.ErrUnexpectedEOF
	}
	return nil
}

func (r *receiver) data(f frame, payload *io.LimitedReader) error {
	switch f.stream {
	case dataStream:
		if err := r.deliver(payload); err != nil {
			return err
		}
	case errorStream:
		text, err := io.ReadAll(io.LimitReader(payload, int64(maxRefusal-len(r.message))))
		if err != nil {
			return err
		}
		r.message = append(r.message, text...)
	}
	if f.fin {
		r.finish(f.stream)
	}
	return nil
}

// deliver queues data for the reader, and waits for room.
func (r *receiver) deliver(payload *io.LimitedReader) error {
	unread := r.session.unread
	for payload.N > 0 {
		if _, err := unread.Peek(1); err != nil {
			return err
		}
		ready, err := unread.Peek(int(min(payload.N, int64(unread.Buffered()))))
		if err != nil {
			return err
		}
		taken, err := r.in.put(ready)
		if err != nil {
			return nil //nolint:nilerr // the connection is closed for reads: the rest is discarded
		}
		if _, err := unread.Discard(taken); err != nil {
			return err
		}
		payload.N -= int64(taken)
		if taken < len(ready) {
			r.answer(nil) // the other SYN_REPLY may be behind data that the caller cannot read before newConn returns
			<-r.in.room
		}
	}
	return nil
}

// reply handles SYN_REPLY: the other side has accepted a stream.
func (r *receiver) reply(f frame, payload io.Reader) error {
	stream, err := readID(payload)
	if err != nil {
		return err
	}
	if stream == errorStream || stream == dataStream {
		r.replies[stream] = true
	}
	if r.accepted() {
		r.answer(nil)
		r.closeIfRefused()
	}
	if f.fin {
		r.finish(stream)
	}
	return nil
}

// accepted reports whether both streams are accepted. If the connection is closed before that, the peer's spdystream
// never returns from Stream.Close, because it could not send its reply.
func (r *receiver) accepted() bool { return r.replies[errorStream] && r.replies[dataStream] }

// reset handles RST_STREAM. Before both streams are accepted it is a refusal; afterwards it ends the stream.
func (r *receiver) reset(payload io.Reader) error {
	stream, err := readID(payload)
	if err != nil {
		return err
	}
	if !r.accepted() {
		r.fail(errors.New("the stream was reset"))
	}
	r.finish(stream)
	return nil
}

// handlePing answers pings of the other side, which have even IDs.
func (r *receiver) handlePing(payload io.Reader) error {
	id, err := readID(payload)
	if err == nil && id%2 == 0 {
		r.session.answerPing(id)
	}
	return err
}

// finish handles the end of the data that the other side sends on a stream.
func (r *receiver) finish(stream uint32) {
	switch stream {
	case dataStream:
		r.in.end(io.EOF)
	case errorStream:
		r.endErrorStream()
	}
}

// endErrorStream publishes the kubelet's error, if the error stream had one: it could not connect, or lost the
// connection.
func (r *receiver) endErrorStream() {
	if r.errorStreamHandled {
		return
	}
	r.errorStreamHandled = true
	if len(r.message) > 0 {
		r.refusal = errors.New(refusalText(string(r.message)))
	}
	close(r.errorStreamEnded)
	r.closeIfRefused()
}

// closeIfRefused closes a refused connection once both streams are accepted, so that newConn returns the refusal
// first.
func (r *receiver) closeIfRefused() {
	if r.accepted() && r.refusal != nil {
		_ = r.end()
	}
}

// fail makes newConn return err.
func (r *receiver) fail(err error) { r.answer(fmt.Errorf("open the streams: %w", err)) }

// answer lets newConn return. Only the first call has an effect.
func (r *receiver) answer(err error) {
	select {
	case r.opened <- err:
	default:
	}
}

func readID(r io.Reader) (uint32, error) {
	var id [4]byte
	_, err := io.ReadFull(r, id[:])
	return binary.BigEndian.Uint32(id[:]) & idMask, err
}
