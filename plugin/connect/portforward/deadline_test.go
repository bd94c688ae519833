package portforward

import (
	"testing"
	"time"
)

func passed(d deadline, within time.Duration) bool {
	select {
	case <-d.expired():
		return true
	case <-time.After(within):
		return false
	}
}

func TestDeadline(t *testing.T) {
	const soon, never = 20 * time.Millisecond, time.Hour
	for _, tc := range []struct {
		name  string
		steps func(deadline)
		want  bool
	}{
		{"none", func(deadline) {}, false},
		{"past", func(d deadline) { d.set(time.Now().Add(-1)) }, true},
		{"to come", func(d deadline) { d.set(time.Now().Add(soon)) }, true},
		{"far away", func(d deadline) { d.set(time.Now().Add(never)) }, false},
		{"moved nearer", func(d deadline) { d.set(time.Now().Add(never)); d.set(time.Now().Add(soon)) }, true},
		{"moved away", func(d deadline) { d.set(time.Now().Add(soon)); d.set(time.Now().Add(never)) }, false},
		{"taken away", func(d deadline) { d.set(time.Now().Add(soon)); d.set(time.Time{}) }, false},
		{"passed, then taken away", func(d deadline) { d.set(time.Now()); d.set(time.Time{}) }, false},
		{"passed, then set again", func(d deadline) { d.set(time.Now()); d.set(time.Now().Add(soon)) }, true},
		{"stopped", func(d deadline) { d.set(time.Now().Add(soon)); d.stop() }, false},
		{"stopped, then set", func(d deadline) { d.set(time.Now().Add(never)); d.stop(); d.set(time.Now().Add(soon)) }, true},
		{"stopped after it passed, then set", func(d deadline) { d.set(time.Now()); d.stop(); d.set(time.Now().Add(soon)) }, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			d := newDeadline()
			ready := make(chan struct{})
			go func() { defer close(ready); tc.steps(d) }()
			select {
			case <-ready:
			case <-time.After(5 * time.Second):
				t.Fatal("it hangs")
			}
			if got := passed(d, 5*soon); got != tc.want {
				t.Errorf("passed: %v, want %v", got, tc.want)
			}
		})
	}
}
