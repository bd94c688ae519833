package plugin

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
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitBadNews = 3
)

// usageError is a mistake in what the user typed: nothing was asked and nothing was changed.
type usageError struct{ err error }

// badUsage makes an error one of usage.
func badUsage(err error) error { return usageError{err} }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// badNews says that the report was printed and that it is bad.
type badNews struct{ text string }

// reportedBad is the error of a command whose report was printed and is bad.
func reportedBad(text string) error { return badNews{text} }

func (e badNews) Error() string { return e.text }

// noneTells is the bad news of a report of what members tell, where none does.
func noneTells(c *cluster.Cluster, told int, what string) error {
	switch {
	case len(c.Members) == 0:
		return reportedBad(c.NoneRuns().Error())
	case told == 0:
		return reportedBad("no member tells " + what + ": these are its pods")
	}
	return nil
}

// exitError is an exit status that a command has of its own, as diff has; without err there is nothing more to say.
type exitError struct {
	status int
	err    error
}

func (e exitError) Error() string { return fmt.Sprint(e.err) }
func (e exitError) Unwrap() error { return e.err }

// ownStatus makes the exit status of a program that was run ours. One that ran has said itself what there is to say.
func ownStatus(err error) error {
	var ended exec.CodeExitError
	var start *proxy.StartError
	switch {
	case errors.As(err, &ended):
		return exitError{status: ended.Code}
	case errors.As(err, &start):
		return exitError{status: start.Status, err: err}
	}
	return err
}

// timeoutError says that the whole command's deadline passed, and during what.
type timeoutError struct {
	limit time.Duration
	err   error // nil where it is itself the cause in somebody's error
}

func (e timeoutError) Error() string {
	text := fmt.Sprintf("not done within %s (give it longer with --timeout)", e.limit)
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

// Unwrap makes it a context.DeadlineExceeded.
func (e timeoutError) Unwrap() error {
	if e.err != nil {
		return e.err
	}
	return context.DeadlineExceeded
}
