package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/util/exec"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

// The exit status of a command.
const (
	ExitDone    = 0
	ExitFailed  = 1
	ExitUsage   = 2
	ExitBadNews = 3
)

// UsageError is a mistake in the command line: nothing was read from a cluster and nothing was changed.
type UsageError struct{ err error }

// Usage wraps err as a UsageError.
func Usage(err error) error { return UsageError{err} }

func (e UsageError) Error() string { return e.err.Error() }
func (e UsageError) Unwrap() error { return e.err }

// BadNewsError means that the command printed its report, and that the report shows a problem (ExitBadNews).
type BadNewsError struct{ text string }

// BadNews returns a BadNewsError with that text.
func BadNews(text string) error { return BadNewsError{text} }

func (e BadNewsError) Error() string { return e.text }

// RequireAnswer returns a BadNewsError if the cluster has no members, or if none of them answered. answered is how many did, and
// what is what they were asked for. It returns nil otherwise.
func RequireAnswer(c *cluster.Cluster, answered int, what string) error {
	switch {
	case len(c.Members) == 0:
		return BadNews(c.NoRunningMemberError().Error())
	case answered == 0:
		return BadNews("no member reported " + what + ": the report lists only the cluster's pods")
	}
	return nil
}

// ExitError is an exit status with a meaning of one command, as diff's. Without Err, no error is printed.
type ExitError struct {
	Status int
	Err    error
}

func (e ExitError) Error() string { return fmt.Sprint(e.Err) }
func (e ExitError) Unwrap() error { return e.Err }

// ProgramStatus turns the error of a program that was run into an ExitError with the program's status. Err is nil if the program
// ran, because it has printed its own errors. Other errors are returned unchanged.
func ProgramStatus(err error) error {
	var ended exec.CodeExitError
	var start *proxy.StartError
	switch {
	case errors.As(err, &ended):
		return ExitError{Status: ended.Code}
	case errors.As(err, &start):
		return ExitError{Status: start.Status, Err: err}
	}
	return err
}

// TimeoutError means that the deadline of the whole command passed. It wraps the error of the step that was running.
type TimeoutError struct {
	Limit time.Duration
	err   error // nil if the TimeoutError is the context's cause
}

func (e TimeoutError) Error() string {
	text := fmt.Sprintf("not done within %s (give it longer with --timeout)", e.Limit)
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

// Unwrap returns the step's error, or context.DeadlineExceeded.
func (e TimeoutError) Unwrap() error {
	if e.err != nil {
		return e.err
	}
	return context.DeadlineExceeded
}
