// Package process starts programs that outlive the command that starts them, and kills them without touching any other
// process.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Process is a process that was started here. A pid is not enough to kill it later: the kernel reuses pids, so the start
// time must match too.
type Process struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Started string `json:"started"` // boot id and clock ticks since boot
}

// Command is a program to start, and where its output goes.
type Command struct {
	Name string
	Args []string
	Log  string
	Env  []string // added to a minimal environment
}

// Start starts the command detached (setsid), so that neither a Ctrl-C nor the end of
// this program reaches it.
func Start(c Command) (Process, error) {
	if err := os.MkdirAll(filepath.Dir(c.Log), 0o755); err != nil {
		return Process{}, fmt.Errorf("start %s: %w", c.Name, err)
	}
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return Process{}, fmt.Errorf("start %s: %w", c.Name, err)
	}
	defer func() { _ = log.Close() }()            // the process has its own descriptor
	cmd := exec.Command(c.Args[0], c.Args[1:]...) //nolint:noctx // it outlives this command
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = "/"
	// Memory is plenty and processors are two: the garbage collectors of Kubernetes' programs run a quarter as often.
	cmd.Env = append([]string{"GOGC=400", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root"}, c.Env...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return Process{}, fmt.Errorf("start %s: %w", c.Name, err)
	}
	p := Process{Name: c.Name, PID: cmd.Process.Pid}
	if p.Started, err = started(p.PID); err != nil {
		return p, fmt.Errorf("start %s: %w", c.Name, err)
	}
	go func() { _ = cmd.Wait() }() // reap it, so that a dead one is no zombie that looks alive
	return p, nil
}

// Alive reports whether this process still runs.
func (p Process) Alive() bool {
	now, err := started(p.PID)
	return err == nil && now == p.Started
}

// Kill ends processes and waits until they are gone.
func Kill(ctx context.Context, processes []Process) error {
	deadline := time.Now().Add(20 * time.Second)
	for {
		var left []string
		for _, p := range processes {
			if !p.Alive() {
				continue
			}
			left = append(left, fmt.Sprintf("%s (pid %d)", p.Name, p.PID))
			if err := syscall.Kill(p.PID, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("end %s (pid %d): %w", p.Name, p.PID, err)
			}
		}
		if len(left) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("still running 20s after SIGKILL: %s", strings.Join(left, ", "))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Of returns the running process with this pid, if there is one.
func Of(pid int) (Process, bool) {
	start, err := started(pid)
	if err != nil {
		return Process{}, false
	}
	name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
	return Process{Name: strings.TrimSpace(string(name)), PID: pid, Started: start}, true
}
