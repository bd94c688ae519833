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

// ReadInput reads stdin to its end, or to limit bytes. It returns ctx's error when ctx ends first.
func (f *Factory) ReadInput(ctx context.Context, limit int64) ([]byte, error) {
	return bounded.Call(ctx, func() ([]byte, error) { return io.ReadAll(io.LimitReader(f.In, limit)) }, nil)
}

// StdinIsTerminal reports whether stdin is a terminal.
func (f *Factory) StdinIsTerminal() bool {
	_, terminal := term.GetFdInfo(f.In)
	return terminal
}

// ErrNoTerminal refuses a command that needs a confirmation when stdin is no terminal.
var ErrNoTerminal = errors.New("the command asks before steps that clients may notice, and standard input is not a terminal (pass --yes)")

// DeclinedError means that the user did not type the word that confirms a change.
type DeclinedError struct{ answer, word string }

func (e DeclinedError) Error() string { return fmt.Sprintf("%s: nothing was changed", e.Given()) }

// Given returns the error's text without "nothing was changed", for a caller that has changed something before.
func (e DeclinedError) Given() string { return fmt.Sprintf("%q is not %q", e.answer, e.word) }

// Confirm asks the user to type word. It returns a UsageError if stdin is no terminal, and a DeclinedError if the user typed
// something else.
func (f *Factory) Confirm(ctx context.Context, question, word string) error {
	if !f.StdinIsTerminal() {
		return Usage(fmt.Errorf("%s Standard input is not a terminal, so this cannot be confirmed (pass --yes)", question))
	}
	fmt.Fprint(f.ErrOut, render.EscapeText(fmt.Sprintf("%s\nType %q to continue: ", question, word)))
	answer, err := bounded.Call(ctx, func() (string, error) {
		line, err := bufio.NewReader(f.In).ReadString('\n')
		if errors.Is(err, io.EOF) { // the end of input counts as an answer, which declines
			err = nil
		}
		return strings.TrimSpace(line), err
	}, nil)
	if err != nil {
		fmt.Fprintln(f.ErrOut)
		return err
	}
	if answer != word {
		return DeclinedError{answer, word}
	}
	return nil
}
