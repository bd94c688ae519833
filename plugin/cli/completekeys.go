package cli

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// MaxKeys is how many keys a completion offers at most: about a screen.
const MaxKeys = 50

// listNames returns the names of etcd objects (keys, users, roles) that begin with typed.
type listNames func(ctx context.Context, client *clientv3.Client, typed string) ([]string, error)

// CompleteFromEtcd completes with names that list reads from etcd, over one client for all members.
func (f *Factory) CompleteFromEtcd(list listNames) cobra.CompletionFunc {
	return completeByLookup(func(ctx context.Context, _ []string, typed string) (found []string, err error) {
		err = f.WithCluster(ctx, func(v *lifecycle.View) error {
			client, err := v.Conn.All()
			if err == nil {
				found, err = list(ctx, client, typed)
			}
			return err
		})
		return found, err
	})
}

// CompleteKey completes with the keys that begin with the typed text. Their values are not read.
func (f *Factory) CompleteKey() cobra.CompletionFunc {
	return f.CompleteFromEtcd(func(ctx context.Context, client *clientv3.Client, typed string) ([]string, error) {
		return etcd.FirstKeys(ctx, client, typed, MaxKeys)
	})
}
