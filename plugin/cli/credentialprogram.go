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
	// lookForProgram is how often is looked for the credential program of a command whose time is up.
	lookForProgram = 50 * time.Millisecond
	// programGrace is how long one may run that is started then, to put things in order.
	programGrace = 2 * time.Second
)

// credentialProgram is the program that makes the credentials of a kubeconfig's user. client-go runs it without a context:
// one that hangs would outlast every deadline.
type credentialProgram struct {
	mu      sync.Mutex
	command string // "" where the kubeconfig has none
	ended   bool   // it was killed, because the command's time was up
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

// endWith kills the program, with what it has started, from the end of ctx on: at once what runs by then, and after grace
// what is started later. The result ends the watch.
func (p *credentialProgram) endWith(ctx context.Context, grace time.Duration) (stop func()) {
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
			case <-time.After(lookForProgram):
			}
		}
	}()
	return sync.OnceFunc(func() { close(over) })
}

// kill ends those programs whose time is up. first is when each was seen first, and at when the command's time was up.
func (p *credentialProgram) kill(first map[int]time.Time, at time.Time, grace time.Duration) {
	command, _ := p.state()
	if command == "" {
		return
	}
	all := processes()
	for _, child := range childrenOfOurs(all, filepath.Base(command)) {
		seen, known := first[child]
		if !known {
			seen = time.Now()
			first[child] = seen
		}
		if seen.Sub(at) > lookForProgram && time.Since(seen) < grace {
			continue
		}
		p.mu.Lock()
		p.ended = true
		p.mu.Unlock()
		for _, pid := range family(all, child) {
			killProcess(pid)
		}
	}
}

// timedOut says that the program is why nothing was done, where it was killed and that is so.
func (p *credentialProgram) timedOut(ctx context.Context, err error) error {
	command, ended := p.state()
	limit, late := context.Cause(ctx).(TimeoutError) //nolint:errorlint // it is the cause itself
	switch {
	case err == nil || !ended:
		return err
	case !late:
		return context.Canceled
	}
	return programTimeout{limit, fmt.Sprintf("not done within %s: the program %q, which this kubeconfig's user has for its credentials, had not ended and was killed "+
		"(run it alone to see what it waits for, or give it longer with --timeout)", limit.Limit, command)}
}

// programTimeout is the timeoutError of a command that waited for its credentials.
type programTimeout struct {
	limit TimeoutError
	text  string
}

func (e programTimeout) Error() string { return e.text }
func (e programTimeout) Unwrap() error { return e.limit }

// process is one of the machine's.
type process struct {
	pid, parent int
	args        []string
}

// family returns a process and all that it has started.
func family(all []process, root int) []int {
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
