package plugin

import (
	"errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// exitStatus maps an error to the status that the process leaves with.
func exitStatus(err error) int {
	var own exitError
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &own):
		return own.status
	case errors.As(err, &usageError{}), errors.As(err, new(*cluster.NameError)):
		return exitUsage
	case errors.As(err, &badNews{}):
		return exitBadNews
	}
	return exitFailed
}
