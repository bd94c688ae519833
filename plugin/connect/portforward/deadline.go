package portforward

import (
	"sync"
	"time"
)

// deadline is a point in time that can be moved while somebody waits for it. It is shared by reference.
type deadline struct{ state *deadlineState }

type deadlineState struct {
	mu     sync.Mutex
	timer  *time.Timer
	passed chan struct{} // closed once the deadline has passed
}

func newDeadline() deadline {
	return deadline{&deadlineState{passed: make(chan struct{})}}
}

// set moves the deadline; the zero time takes it away. A waiter that took its channel before an extension of a
// deadline that has not passed yet waits on: the channel is only replaced after it was closed.
func (d deadline) set(t time.Time) {
	s := d.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil && !s.timer.Stop() {
		<-s.passed // the timer has fired: wait until its function is through
	}
	s.timer = nil
	select {
	case <-s.passed:
		s.passed = make(chan struct{})
	default:
	}
	if t.IsZero() {
		return
	}
	passed := s.passed
	if wait := time.Until(t); wait > 0 {
		s.timer = time.AfterFunc(wait, func() { close(passed) })
		return
	}
	close(passed)
}

// expired returns a channel that is closed once the deadline has passed.
func (d deadline) expired() <-chan struct{} {
	d.state.mu.Lock()
	defer d.state.mu.Unlock()
	return d.state.passed
}

// stop releases the timer. A deadline can still be set afterwards: connections are closed and used side by side.
func (d deadline) stop() {
	s := d.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil && !s.timer.Stop() {
		<-s.passed
	}
	s.timer = nil
}
