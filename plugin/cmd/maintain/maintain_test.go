package maintain

import (
	"errors"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
)

func TestReplaceFlags(t *testing.T) {
	for line, want := range map[string]replaceOptions{
		"etcd-1":         {member: "etcd-1"},
		"etcd-1 --force": {member: "etcd-1", force: true},
	} {
		got, err := clitest.Parse(t, newReplace, line)
		if diff := clitest.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
	for _, line := range []string{"", "etcd-1 etcd-2", "etcd-1 --queue -1s", "etcd-1 --timeout 1s --queue 1s"} {
		if _, err := clitest.Parse(t, newReplace, line); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", line, err)
		}
	}
}

func TestMoveLeaderFlags(t *testing.T) {
	for line, want := range map[string]moveLeaderOptions{
		"":       {},
		"etcd-2": {member: "etcd-2"},
	} {
		got, err := clitest.Parse(t, newMoveLeader, line)
		if diff := clitest.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
}
