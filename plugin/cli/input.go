package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/moby/term"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/bounded"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// ReadInput reads all of stdin, at most limit bytes.
func (o *Factory) ReadInput(ctx context.Context, limit int64) ([]byte, error) {
	return bounded.Call(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(o.In, limit)) }, nil)
}

// CanAsk reports whether there is somebody to ask.
func (o *Factory) CanAsk() bool {
	_, terminal := term.GetFdInfo(o.In)
	return terminal
}

// ErrNobodyToAsk refuses what asks before it acts, where nobody can be asked.
var ErrNobodyToAsk = errors.New("this asks before it does what clients may notice, and standard input is no terminal (pass --yes)")

// DeclinedError says that somebody was asked to go on and typed something else than the word for it, before anything was
// changed.
type DeclinedError struct{ answer, word string }

func (e DeclinedError) Error() string { return fmt.Sprintf("%s: nothing was changed", e.Given()) }

// Given says only what was typed, for who has changed something before.
func (e DeclinedError) Given() string { return fmt.Sprintf("%q is not %q", e.answer, e.word) }

// Confirm asks on a terminal for a word to be typed, and refuses where there is nobody to ask.
func (o *Factory) Confirm(ctx context.Context, question, word string) error {
	if !o.CanAsk() {
		return Usage(fmt.Errorf("%s Standard input is no terminal to confirm it on (pass --yes)", question))
	}
	fmt.Fprint(o.ErrOut, render.EscapeText(fmt.Sprintf("%s\nType %q to go on: ", question, word)))
	answer, err := bounded.Call(ctx, func() (string, error) {
		line, err := bufio.NewReader(o.In).ReadString('\n')
		if errors.Is(err, io.EOF) { // the end of input is an answer, if none that was asked for
			err = nil
		}
		return strings.TrimSpace(line), err
	}, nil)
	if err != nil {
		fmt.Fprintln(o.ErrOut)
		return err
	}
	if answer != word {
		return DeclinedError{answer, word}
	}
	return nil
}
