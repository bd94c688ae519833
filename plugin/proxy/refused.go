package proxy

import (
	"context"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// unreachable returns an error if certainly no member can be reached: the API server denies access, or etcd does not
// listen on an address that a port-forward reaches. A member that does not answer now is no error: the client may wait
// for it.
func (s Session) unreachable(ctx context.Context, targets []cluster.Member) error {
	ctx, cancel := context.WithTimeout(ctx, s.Limit)
	defer cancel()
	failures := make([]error, len(targets))
	var trying sync.WaitGroup
	for i, m := range targets {
		trying.Go(func() {
			conn, err := s.Ways.Clients(ctx, m)
			switch {
			case err == nil:
				_ = conn.Close()
				cancel() // one member is enough
			case apierrors.IsForbidden(err), m.Server.Unreachable != "":
				failures[i] = err
			default:
				cancel()
			}
		})
	}
	trying.Wait()
	for _, err := range failures {
		if err == nil {
			return nil
		}
	}
	return failures[0]
}
