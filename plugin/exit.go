package plugin

import (
	"errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// exitStatus returns the process's exit status for an error.
func exitStatus(err error) int {
	var own cli.ExitError
	switch {
	case err == nil:
		return cli.ExitDone
	case errors.As(err, &own):
		return own.Status
	case errors.As(err, &cli.UsageError{}), errors.As(err, new(*cluster.NameError)):
		return cli.ExitUsage
	case errors.As(err, &cli.BadNewsError{}):
		return cli.ExitBadNews
	}
	return cli.ExitFailed
}
