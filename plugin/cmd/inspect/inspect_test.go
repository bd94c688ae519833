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
	clitest.Check(t, newStatus, map[string]statusOptions{
		"":                       {interval: usual},
		"orders":                 {args: []string{"orders"}, interval: usual},
		"orders -w":              {args: []string{"orders"}, watch: true, interval: usual},
		"--watch --interval 5s":  {watch: true, interval: 5 * time.Second},
		"--watch -o json":        {watch: true, interval: usual},
		"-o name":                {interval: usual},
		"--interval 0s -o name":  {}, // --interval has no effect without --watch
		"--watch --timeout 300s": {watch: true, interval: usual},
	}, "a b", "--watch --interval 0s", "--watch --interval -1s", "--watch -o name", "-o nonsense")
}

func TestVersionFlags(t *testing.T) {
	clitest.Check(t, newVersion, map[string]versionOptions{
		"":         {},
		"orders":   {args: []string{"orders"}},
		"--client": {client: true},
	}, "orders --client", "a b")
}

func TestListFlags(t *testing.T) {
	clitest.Check(t, newList, map[string]listOptions{
		"":                 {},
		"-A":               {all: true},
		"--all-namespaces": {all: true},
		"--etcd orders":    {},
	}, "orders", "--selector app=etcd", "-A --container etcd", "--client-port 2379")
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
