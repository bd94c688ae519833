package portforward

import (
	"sync"
	"time"
)

// deadline is a point in time that can be moved while callers wait for it. Copies share one state.
type deadline struct{ state *deadlineState }

type deadlineState struct {
	mu     sync.Mutex
	timer  *time.Timer
	passed chan struct{} // closed once the deadline has passed
}

func newDeadline() deadline {
	return deadline{&deadlineState{passed: make(chan struct{})}}
}

// set moves the deadline; the zero time removes it. The channel is only replaced after it was closed, so a caller that
// took it before a pending deadline was extended waits for the new one.
func (d deadline) set(t time.Time) {
	s := d.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil && !s.timer.Stop() {
		<-s.passed // the timer has fired: wait until its function returns
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

// stop releases the timer. The deadline can still be set afterwards, because connections are closed and used
// concurrently.
func (d deadline) stop() {
	s := d.state
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.timer != nil && !s.timer.Stop() {
		<-s.passed
	}
	s.timer = nil
}
