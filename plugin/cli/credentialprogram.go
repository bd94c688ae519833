package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

const (
	// programPollInterval is how often the credential program is searched for once the command's context has ended.
	programPollInterval = 50 * time.Millisecond
	// programGrace is how long a program may run that starts after that: cleaning up needs credentials too.
	programGrace = 2 * time.Second
)

// credentialProgram is the exec credential plugin of the kubeconfig's user. client-go runs it without a context, so one that
// hangs would outlast every deadline.
type credentialProgram struct {
	mu      sync.Mutex
	command string // "" if the kubeconfig has none
	ended   bool   // it was killed after the command's context had ended
}

func (p *credentialProgram) set(command string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.command = command
}

func (p *credentialProgram) state() (command string, ended bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.command, p.ended
}

// killAfter kills the program and its descendants once ctx has ended: at once if it is running then, and after grace if it
// starts later. stop ends the watch.
func (p *credentialProgram) killAfter(ctx context.Context, grace time.Duration) (stop func()) {
	over := make(chan struct{})
	go func() {
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		first := map[int]time.Time{}
		for at := time.Now(); ; {
			p.kill(first, at, grace)
			select {
			case <-over:
				return
			case <-time.After(programPollInterval):
			}
		}
	}()
	return sync.OnceFunc(func() { close(over) })
}

// kill kills the programs that may run no longer. first holds when each process was first observed, and is updated; at is when
// the command's context ended.
func (p *credentialProgram) kill(first map[int]time.Time, at time.Time, grace time.Duration) {
	command, _ := p.state()
	if command == "" {
		return
	}
	all := processes()
	for _, child := range ownChildren(all, filepath.Base(command)) {
		seen, known := first[child]
		if !known {
			seen = time.Now()
			first[child] = seen
		}
		if seen.Sub(at) > programPollInterval && time.Since(seen) < grace {
			continue
		}
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
		for _, pid := range withDescendants(all, child) {
			killProcess(pid)
		}
	}
}

// timedOut replaces err by one that names the program if the program was killed. err is returned unchanged otherwise.
func (p *credentialProgram) timedOut(ctx context.Context, err error) error {
	command, ended := p.state()
	limit, late := context.Cause(ctx).(TimeoutError) //nolint:errorlint // it is the cause itself
	switch {
	case err == nil || !ended:
		return err
	case !late:
		return context.Canceled
	}
	return programTimeout{limit, fmt.Sprintf("not done within %s: the credential program %q of this kubeconfig's user was still running and was killed "+
		"(run it by itself to see what it waits for, or give it longer with --timeout)", limit.Limit, command)}
}

// programTimeout is the TimeoutError of a command whose credential program had not ended.
type programTimeout struct {
	limit TimeoutError
	text  string
}

func (e programTimeout) Error() string { return e.text }
func (e programTimeout) Unwrap() error { return e.limit }

// process is a process of this machine.
type process struct {
	pid, parent int
	args        []string
}

// withDescendants returns the process ID root and those of all its descendants.
func withDescendants(all []process, root int) []int {
	pids := []int{root}
	for i := 0; i < len(pids); i++ {
		for _, p := range all {
			if p.parent == pids[i] && !slices.Contains(pids, p.pid) {
				pids = append(pids, p.pid)
			}
		}
	}
	return pids
}
