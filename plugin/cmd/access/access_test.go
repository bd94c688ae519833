package access

import (
	"context"
	"errors"
	"testing"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
)

// constructor is clitest.Constructor, from which the functions below infer the type of the options.
type constructor[O any] = func(*cli.Factory, func(*O, context.Context) error) *cobra.Command

// accepts parses lines of a command, and compares what they say with the options that are wanted.
func accepts[O any](t *testing.T, command constructor[O], lines map[string]O) {
	t.Helper()
	for line, want := range lines {
		got, err := clitest.Parse(t, command, line)
		if diff := clitest.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
}

// refuses parses lines of a command that are usage errors.
func refuses[O any](t *testing.T, command constructor[O], lines ...string) {
	t.Helper()
	for _, line := range lines {
		if _, err := clitest.Parse(t, command, line); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", line, err)
		}
	}
}
