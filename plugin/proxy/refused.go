package proxy

import (
	"context"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// refused returns why no member can be reached, where that is certain: the API server forbids it, or etcd does not listen
// where a port-forward leads. A member that does not answer now is the client's to wait for.
func (s Session) refused(ctx context.Context, asked []cluster.Member) error {
	ctx, cancel := context.WithTimeout(ctx, s.Limit)
	defer cancel()
	failures := make([]error, len(asked))
	var trying sync.WaitGroup
	for i, m := range asked {
		trying.Go(func() {
			conn, err := s.Ways.Clients(ctx, m)
			switch {
			case err == nil:
				_ = conn.Close()
				cancel() // one is enough
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
