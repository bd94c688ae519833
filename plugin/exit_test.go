package plugin

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/client-go/util/exec"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

func TestExitStatus(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"done":               {nil, cli.ExitDone},
		"failed":             {errors.New("no"), cli.ExitFailed},
		"bad usage":          {cli.Usage(errors.New("no")), cli.ExitUsage},
		"bad usage, wrapped": {fmt.Errorf("up: %w", cli.Usage(errors.New("no"))), cli.ExitUsage},
		"invalid name":       {fmt.Errorf("up: %w", cluster.CheckName("sts/")), cli.ExitUsage},
		"bad news":           {cli.BadNews("not healthy"), cli.ExitBadNews},
		"diff, different":    {cli.ExitError{Status: cli.ExitFailed}, cli.ExitFailed},
		"diff, failed":       {cli.ExitError{Status: cli.ExitUsage, Err: errors.New("no")}, cli.ExitUsage},
		"timeout":            {cli.TimeoutError{Limit: time.Second}, cli.ExitFailed},
	} {
		if got := exitStatus(c.err); got != c.want {
			t.Errorf("%s: exit status %d, want %d", name, got, c.want)
		}
	}
}

func TestProgramStatus(t *testing.T) {
	ended := exec.CodeExitError{Code: 5, Err: errors.New("exit status 5")}
	var own cli.ExitError
	if err := cli.ProgramStatus(fmt.Errorf("exec: %w", ended)); exitStatus(err) != 5 || !errors.As(err, &own) || own.Err != nil {
		t.Errorf("%v: a program that ended has said why itself", err)
	}
	notFound := &proxy.StartError{Status: 127}
	if err := cli.ProgramStatus(notFound); exitStatus(err) != 127 || !errors.Is(err, notFound) {
		t.Errorf("%v: one that could not be started has not", err)
	}
	if err := cli.ProgramStatus(errors.New("no")); exitStatus(err) != cli.ExitFailed {
		t.Errorf("%v", err)
	}
}
