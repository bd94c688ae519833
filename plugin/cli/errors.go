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

// UsageError is a mistake in what the user typed: nothing was asked and nothing was changed.
type UsageError struct{ err error }

// Usage makes an error one of usage.
func Usage(err error) error { return UsageError{err} }

func (e UsageError) Error() string { return e.err.Error() }
func (e UsageError) Unwrap() error { return e.err }

// BadNewsError says that the report was printed and that it is bad.
type BadNewsError struct{ text string }

// BadNews is the error of a command whose report was printed and is bad.
func BadNews(text string) error { return BadNewsError{text} }

func (e BadNewsError) Error() string { return e.text }

// NoneTells is the bad news of a report of what members tell, where none does.
func NoneTells(c *cluster.Cluster, told int, what string) error {
	switch {
	case len(c.Members) == 0:
		return BadNews(c.NoneRuns().Error())
	case told == 0:
		return BadNews("no member tells " + what + ": these are its pods")
	}
	return nil
}

// ExitError is an exit status that a command has of its own, as diff has; without err there is nothing more to say.
type ExitError struct {
	Status int
	Err    error
}

func (e ExitError) Error() string { return fmt.Sprint(e.Err) }
func (e ExitError) Unwrap() error { return e.Err }

// OwnStatus makes the exit status of a program that was run ours. One that ran has said itself what there is to say.
func OwnStatus(err error) error {
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

// TimeoutError says that the whole command's deadline passed, and during what.
type TimeoutError struct {
	Limit time.Duration
	err   error // nil where it is itself the cause in somebody's error
}

func (e TimeoutError) Error() string {
	text := fmt.Sprintf("not done within %s (give it longer with --timeout)", e.Limit)
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

// Unwrap makes it a context.DeadlineExceeded.
func (e TimeoutError) Unwrap() error {
	if e.err != nil {
		return e.err
	}
	return context.DeadlineExceeded
}
