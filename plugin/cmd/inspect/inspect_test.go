package inspect

import (
	"errors"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
)

func TestStatusFlags(t *testing.T) {
	const usual = 2 * time.Second
	for line, want := range map[string]statusOptions{
		"":                       {interval: usual},
		"orders":                 {args: []string{"orders"}, interval: usual},
		"orders -w":              {args: []string{"orders"}, watch: true, interval: usual},
		"--watch --interval 5s":  {watch: true, interval: 5 * time.Second},
		"--watch -o json":        {watch: true, interval: usual},
		"-o name":                {interval: usual},
		"--interval 0s -o name":  {}, // only --watch waits
		"--watch --timeout 300s": {watch: true, interval: usual},
	} {
		got, err := clitest.Parse(t, newStatus, line)
		if diff := clitest.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
	for _, line := range []string{"a b", "--watch --interval 0s", "--watch --interval -1s", "--watch -o name", "-o nonsense"} {
		if _, err := clitest.Parse(t, newStatus, line); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", line, err)
		}
	}
}

func TestVersionFlags(t *testing.T) {
	for line, want := range map[string]versionOptions{
		"":         {},
		"orders":   {args: []string{"orders"}},
		"--client": {client: true},
	} {
		got, err := clitest.Parse(t, newVersion, line)
		if diff := clitest.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
	for _, line := range []string{"orders --client", "a b"} {
		if _, err := clitest.Parse(t, newVersion, line); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", line, err)
		}
	}
}

func TestListFlags(t *testing.T) {
	for line, want := range map[string]listOptions{
		"":                 {},
		"-A":               {all: true},
		"--all-namespaces": {all: true},
		"--etcd orders":    {},
	} {
		got, err := clitest.Parse(t, newList, line)
		if diff := clitest.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
	for _, line := range []string{"orders", "--selector app=etcd", "-A --container etcd", "--client-port 2379"} {
		if _, err := clitest.Parse(t, newList, line); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", line, err)
		}
	}
}

func TestMembersAndDoctorTakeOneName(t *testing.T) {
	members, err := clitest.Parse(t, newMembers, "orders")
	if diff := clitest.Diff(membersOptions{args: []string{"orders"}}, members); err != nil || diff != "" {
		t.Errorf("members: %v (-want +got):\n%s", err, diff)
	}
	doctor, err := clitest.Parse(t, newDoctor, "orders")
	if diff := clitest.Diff(doctorOptions{args: []string{"orders"}}, doctor); err != nil || diff != "" {
		t.Errorf("doctor: %v (-want +got):\n%s", err, diff)
	}
	if _, err := clitest.Parse(t, newMembers, "a b"); !errors.As(err, &cli.UsageError{}) {
		t.Errorf("members a b: %v is no usage error", err)
	}
	if _, err := clitest.Parse(t, newDoctor, "a b"); !errors.As(err, &cli.UsageError{}) {
		t.Errorf("doctor a b: %v is no usage error", err)
	}
}
