package portforward

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxRefusal bounds what is kept of a reason.
const maxRefusal = 64 << 10

// receiver takes what the other side sends in a session, until its end.
type receiver struct {
	*conn
	replies [dataStream + 1]bool // of the two streams: the other side has accepted it
	message []byte               // on the error stream
	told    bool                 // the error stream has ended
}

// receive moves what comes to the reader. While nobody reads it takes nothing more, and the session's flow stops: a slow
// reader does not grow memory.
func (c *conn) receive() {
	r := &receiver{conn: c}
	var err error
	for err == nil {
		err = r.next()
	}
	r.fail(fmt.Errorf("the session ended: %w", err))
	r.tell()
	c.in.end(io.EOF)
	close(c.over)
}

// next takes one frame. What is not for a client of two streams is passed over.
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
		err = r.pong(payload)
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
		if err := r.pass(payload); err != nil {
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

// pass hands data to whoever reads, as fast as that is.
func (r *receiver) pass(payload *io.LimitedReader) error {
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
			return nil //nolint:nilerr // nobody reads any more: the rest is passed over
		}
		if _, err := unread.Discard(taken); err != nil {
			return err
		}
		payload.N -= int64(taken)
		if taken < len(ready) {
			r.answer(nil) // the other reply may be behind what nobody can read before
			<-r.in.room
		}
	}
	return nil
}

// reply is the word that the other side has accepted a stream.
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
		r.hangUp()
	}
	if f.fin {
		r.finish(stream)
	}
	return nil
}

// accepted reports whether both streams are. Who hangs up before, has the other side's spdystream wait for good: its
// Stream.Close does, after a reply that could not be sent.
func (r *receiver) accepted() bool { return r.replies[errorStream] && r.replies[dataStream] }

// reset ends a stream: a refusal before the replies, and afterwards no more than its end.
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

// pong has a ping of the other side answered: theirs are even.
func (r *receiver) pong(payload io.Reader) error {
	id, err := readID(payload)
	if err == nil && id%2 == 0 {
		r.session.pinged(id)
	}
	return err
}

// finish is the end of what the other side says on a stream.
func (r *receiver) finish(stream uint32) {
	switch stream {
	case dataStream:
		r.in.end(io.EOF)
	case errorStream:
		r.tell()
	}
}

// tell passes on the kubelet's word that it could not connect, or lost the connection; or that there will be none.
func (r *receiver) tell() {
	if r.told {
		return
	}
	r.told = true
	if len(r.message) > 0 {
		r.refusal = errors.New(refusalText(string(r.message)))
	}
	close(r.remote)
	r.hangUp()
}

// hangUp ends a connection that was refused. Who is still waiting for it is to get it first.
func (r *receiver) hangUp() {
	if r.accepted() && r.refusal != nil {
		_ = r.end()
	}
}

// fail says why there will be no connection, to whoever waits for one.
func (r *receiver) fail(err error) { r.answer(fmt.Errorf("open the streams: %w", err)) }

// answer counts once.
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
