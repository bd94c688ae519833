//go:build unix

package cli

import (
	"os/signal"
	"syscall"
)

// detach takes the terminal from this process and from what it starts, so that /dev/tty cannot be opened to ask for a
// password. The result ends what it started.
func detach() (end func()) {
	if _, err := syscall.Setsid(); err != nil { // it leads a group already, as when it is typed itself
		return func() {}
	}
	return func() {
		syscall.ForkLock.Lock() // for good: what is begun after the signal would not hear it, and inherit that it is ignored
		signal.Ignore(syscall.SIGTERM)
		_ = syscall.Kill(0, syscall.SIGTERM) // all of the new group, us aside
	}
}
