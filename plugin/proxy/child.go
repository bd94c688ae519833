package proxy

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/cli-runtime/pkg/printers"
	utilexec "k8s.io/client-go/util/exec"
)

// The exit statuses of a shell for a program that it cannot start.
const (
	statusNotExecutable = 126
	statusNotFound      = 127
)

// killGrace is how long the program may take to end after SIGTERM at the deadline.
const killGrace = 5 * time.Second

// StartError reports that the program could not be started. Status is a shell's exit status for that.
type StartError struct {
	Status int
	err    error
}

func (e *StartError) Error() string { return e.err.Error() }
func (e *StartError) Unwrap() error { return e.err }

// Command is a program to run with access to the cluster.
type Command struct {
	Args    []string
	Env     []string // added to our own environment, and overrides it
	Streams genericiooptions.IOStreams
}

// Run runs the program until it ends, or until the deadline of ctx. Cancelling ctx does not end it. An exit status
// other than 0 is an exec.CodeExitError of k8s.io/client-go/util/exec.
func (c Command) Run(ctx context.Context) error {
	runCtx, cancel := untilDeadline(ctx)
	defer cancel()
	cmd := exec.CommandContext(runCtx, c.Args[0], c.Args[1:]...) //nolint:gosec // the user's own command, without a shell
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Streams.In, c.Streams.Out, c.Streams.ErrOut
	cmd.Env = append(os.Environ(), c.Env...) // the last one of a name counts
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = killGrace

	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := cmd.Start(); err != nil {
		return startError(c.Args[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s != os.Interrupt || !c.onTerminal() {
				_ = cmd.Process.Signal(s)
			}
		case err := <-ended:
			return c.status(runCtx, cmd.ProcessState, err)
		}
	}
}

// untilDeadline returns a context that keeps the deadline of ctx and drops its cancellation. Signals are passed to the
// program: it may need its connections to end properly.
func untilDeadline(ctx context.Context) (context.Context, context.CancelFunc) {
	runCtx := context.WithoutCancel(ctx)
	if deadline, ok := ctx.Deadline(); ok {
		return context.WithDeadline(runCtx, deadline)
	}
	return context.WithCancel(runCtx)
}

// onTerminal reports whether the program has a terminal, which sends Ctrl-C to the program as well as to us.
func (c Command) onTerminal() bool {
	return printers.IsTerminal(c.Streams.In) || printers.IsTerminal(c.Streams.Out) || printers.IsTerminal(c.Streams.ErrOut)
}

func (c Command) status(runCtx context.Context, state *os.ProcessState, err error) error {
	if runCtx.Err() != nil {
		return fmt.Errorf("run %q: %w", c.Args[0], runCtx.Err())
	}
	code := state.ExitCode()
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		code = 128 + int(status.Signal())
	}
	if code == 0 {
		return err
	}
	return utilexec.CodeExitError{Err: fmt.Errorf("run %q: %w", c.Args[0], err), Code: code}
}

func startError(name string, err error) error {
	switch {
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, fs.ErrNotExist):
		return &StartError{statusNotFound, fmt.Errorf("run %q: program not found (is it in your PATH?)", name)}
	default:
		return &StartError{statusNotExecutable, fmt.Errorf("run it: %w", err)}
	}
}
