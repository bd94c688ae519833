//go:build unix

package cli

import (
	"os/signal"
	"syscall"
)

// detach starts a new session without a controlling terminal, so that neither this process nor its children can open /dev/tty
// to ask for a password. end terminates the children.
func detach() (end func()) {
	if _, err := syscall.Setsid(); err != nil { // it is a group leader already, as when a user runs it directly
		return func() {}
	}
	return func() {
		syscall.ForkLock.Lock() // never unlocked: a child forked after the signal would miss it, and inherit that it is ignored
		signal.Ignore(syscall.SIGTERM)
		_ = syscall.Kill(0, syscall.SIGTERM) // the whole process group; this process ignores it
	}
}
