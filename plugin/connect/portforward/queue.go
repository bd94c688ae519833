package portforward

import (
	"bytes"
	"sync"
)

// maxFrame bounds what waits in a queue, and so the data in one frame: a large frame holds up everything behind it.
const maxFrame = 32 << 10

// queue holds bytes on their way between a caller and a stream. Its methods never wait: one goroutine at a time may wait
// for more, one for room.
type queue struct {
	mu    sync.Mutex
	bytes bytes.Buffer
	ended error // why nothing more is put, or nil

	more, room chan struct{} // of capacity one: looking again is worth it
}

func newQueue() *queue {
	return &queue{more: make(chan struct{}, 1), room: make(chan struct{}, 1)}
}

// put takes as many bytes as there is room for.
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

// take hands out the bytes that are there, and the reason of the end after the last.
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

// end lets nothing more in. The first reason counts.
func (q *queue) end(reason error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.ended == nil {
		q.ended = reason
	}
	notify(q.more)
	notify(q.room)
}

// abort forgets what nobody will take, and ends for this reason even where there was another.
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
