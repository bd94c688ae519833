package plugin

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/client-go/util/exec"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

func TestExitStatus(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want int
	}{
		"done":                    {nil, exitDone},
		"failed":                  {errors.New("no"), exitFailed},
		"bad usage":               {badUsage(errors.New("no")), exitUsage},
		"bad usage, wrapped":      {fmt.Errorf("up: %w", badUsage(errors.New("no"))), exitUsage},
		"a name that is none":     {fmt.Errorf("up: %w", cluster.CheckName("sts/")), exitUsage},
		"bad news":                {reportedBad("not healthy"), exitBadNews},
		"a difference":            {exitError{status: exitFailed}, exitFailed},
		"no difference to be had": {exitError{status: exitUsage, err: errors.New("no")}, exitUsage},
		"time is up":              {timeoutError{limit: time.Second}, exitFailed},
	} {
		if got := exitStatus(c.err); got != c.want {
			t.Errorf("%s: exit status %d, want %d", name, got, c.want)
		}
	}
}

func TestOwnStatus(t *testing.T) {
	ended := exec.CodeExitError{Code: 5, Err: errors.New("exit status 5")}
	var own exitError
	if err := ownStatus(fmt.Errorf("exec: %w", ended)); exitStatus(err) != 5 || !errors.As(err, &own) || own.err != nil {
		t.Errorf("%v: a program that ended has said why itself", err)
	}
	notFound := &proxy.StartError{Status: 127}
	if err := ownStatus(notFound); exitStatus(err) != 127 || !errors.Is(err, notFound) {
		t.Errorf("%v: one that could not be started has not", err)
	}
	if err := ownStatus(errors.New("no")); exitStatus(err) != exitFailed {
		t.Errorf("%v", err)
	}
}
