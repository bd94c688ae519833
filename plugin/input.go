package plugin

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/term"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// interruptible returns what read returns, or the context's end: a read of a terminal or a pipe knows no context. The
// read itself goes on until the process ends, which follows.
func interruptible[T any](ctx context.Context, read func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := read()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// readInput reads all of stdin, at most limit bytes.
func (o *options) readInput(ctx context.Context, limit int64) ([]byte, error) {
	return interruptible(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(o.In, limit)) })
}

// canAsk reports whether there is somebody to ask.
func (o *options) canAsk() bool {
	_, terminal := term.GetFdInfo(o.In)
	return terminal
}

var errNobodyToAsk = errors.New("this asks before it does what clients may notice, and standard input is no terminal (pass --yes)")

// declinedError says that somebody was asked to go on and typed something else than the word for it, before anything was
// changed.
type declinedError struct{ answer, word string }

func (e declinedError) Error() string { return fmt.Sprintf("%s: nothing was changed", e.given()) }

// given says only what was typed, for who has changed something before.
func (e declinedError) given() string { return fmt.Sprintf("%q is not %q", e.answer, e.word) }

// confirm asks on a terminal for a word to be typed, and refuses where there is nobody to ask.
func (o *options) confirm(ctx context.Context, question, word string) error {
	if !o.canAsk() {
		return badUsage(fmt.Errorf("%s Standard input is no terminal to confirm it on (pass --yes)", question))
	}
	fmt.Fprint(o.ErrOut, report.EscapeText(fmt.Sprintf("%s\nType %q to go on: ", question, word)))
	answer, err := interruptible(ctx, func() (string, error) {
		line, err := bufio.NewReader(o.In).ReadString('\n')
		if errors.Is(err, io.EOF) { // the end of input is an answer, if none that was asked for
			err = nil
		}
		return strings.TrimSpace(line), err
	})
	if err != nil {
		fmt.Fprintln(o.ErrOut)
		return err
	}
	if answer != word {
		return declinedError{answer, word}
	}
	return nil
}
