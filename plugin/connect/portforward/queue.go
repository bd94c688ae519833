package portforward

import (
	"bytes"
	"sync"
)

// maxFrame bounds the bytes in a queue, and so in a data frame: a large frame delays everything behind it.
const maxFrame = 32 << 10

// queue holds the bytes between a caller and a stream. Its methods do not block. One goroutine may wait on more, and
// one on room.
type queue struct {
	mu    sync.Mutex
	bytes bytes.Buffer
	ended error // the error for further writes, or nil

	more, room chan struct{} // capacity one: signals that take (more) or put (room) may succeed now
}

func newQueue() *queue {
	return &queue{more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put queues as many bytes as fit.
func (q *queue) put(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended != nil {
		return 0, q.ended
	}
	n, err := q.bytes.Write(p[:min(len(p), maxFrame-q.bytes.Len())])
	notify(q.more)
	return n, err
}

// take removes queued bytes. It returns the reason of the end after the last byte.
func (q *queue) take(p []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes.Len() == 0 {
		return 0, q.ended
	}
	n, err := q.bytes.Read(p)
	notify(q.room)
	return n, err
}

// end refuses further bytes with this reason. The first reason is kept.
func (q *queue) end(reason error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended == nil {
		q.ended = reason
	}
	notify(q.more)
	notify(q.room)
}

// abort drops the queued bytes, and replaces the reason of the end.
func (q *queue) abort(reason error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.bytes.Reset()
	q.ended = reason
	notify(q.more)
	notify(q.room)
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
