//go:build linux

package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

func (a Agent) kill() (Record, error) {
	target, err := a.open()
	if err != nil {
		return Record{}, err
	}
	defer target.close()
	return target.signal(syscall.SIGKILL, "SIGKILL")
}

// pause stops the process for d, or until the context ends, and continues it in both cases.
func (a Agent) pause(ctx context.Context, d time.Duration) (Record, error) {
	target, err := a.open()
	if err != nil {
		return Record{}, err
	}
	defer target.close()
	if ctx.Err() != nil {
		return Record{}, errInterrupted
	}
	record, err := target.signal(syscall.SIGSTOP, "SIGSTOP")
	if err != nil {
		return record, err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
		err = errInterrupted
	}
	_, failed := target.signal(syscall.SIGCONT, "SIGCONT")
	if failed == nil {
		record.Until = time.Now().UTC()
	}
	return record, errors.Join(err, failed)
}

// target is a process with an open handle. If the process ends while it is paused, another one may get its PID, but the
// handle never refers to that one.
type target struct {
	process
	handle *os.Process
}

func (a Agent) open() (target, error) {
	p, err := a.find()
	if err != nil {
		return target{}, err
	}
	handle, err := os.FindProcess(p.pid)
	if err != nil {
		return target{}, fmt.Errorf("open process %s: %w", p, err)
	}
	return target{process: p, handle: handle}, nil
}

func (t target) close() { _ = t.handle.Release() }

func (t target) signal(s syscall.Signal, name string) (Record, error) {
	record := Record{Signal: name, PID: t.pid, Process: t.name, At: time.Now().UTC()}
	err := t.handle.Signal(s)
	switch {
	case err == nil:
		return record, nil
	case errors.Is(err, syscall.EPERM):
		return Record{}, fmt.Errorf("send %s to process %s: %w (run as the user that etcd runs as)", name, t.process, err)
	default:
		return Record{}, fmt.Errorf("send %s to process %s: %w", name, t.process, err)
	}
}
