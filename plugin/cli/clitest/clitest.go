// Package clitest parses command lines in tests of commands, without running the commands.
package clitest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// Constructor returns a command that parses its line into an O and calls run with it.
type Constructor[O any] func(f *cli.Factory, run func(*O, context.Context) error) *cobra.Command

// Parse parses the words of line as arguments and flags of a command, with the flags that every command takes. It returns the
// options that the command's run function would get, or the error of an invalid line.
func Parse[O any](t *testing.T, command Constructor[O], line string) (O, error) {
	t.Helper()
	var got O
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	f := cli.NewFactory(streams)
	root := &cobra.Command{Use: "kubectl-etcd", SilenceErrors: true, SilenceUsage: true}
	f.AddFlags(root)
	cmd := command(f, func(o *O, _ context.Context) error { got = *o; return nil })
	cli.AddCommands(root, cmd)
	root.SetArgs(append([]string{cmd.Name()}, strings.Fields(line)...))
	err := root.ExecuteContext(t.Context())
	return got, err
}

// Diff returns the difference of two options, without the factory in them.
func Diff(want, got any) string {
	return cmp.Diff(want, got, cmp.Exporter(func(reflect.Type) bool { return true }), cmpopts.IgnoreTypes(&cli.Factory{}), cmpopts.EquateEmpty())
}

// Check fails the test if a line of parsed does not parse to its options, or if a line of refused is no usage error.
func Check[O any](t *testing.T, command Constructor[O], parsed map[string]O, refused ...string) {
	t.Helper()
	for line, want := range parsed {
		got, err := Parse(t, command, line)
		if diff := Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
	for _, line := range refused {
		if _, err := Parse(t, command, line); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", line, err)
		}
	}
}
