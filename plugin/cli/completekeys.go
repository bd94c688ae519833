package cli

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// MaxKeys is how many keys are offered: more than fit on a screen are no choice.
const MaxKeys = 50

// list lists names of etcd's.
type list func(ctx context.Context, client *clientv3.Client, typed string) ([]string, error)

// CompleteEtcds completes with what etcd itself has, over one client, as a command does that reads it.
func (o *Factory) CompleteEtcds(f list) cobra.CompletionFunc {
	return ByAsking(func(ctx context.Context, _ []string, typed string) (found []string, err error) {
		err = o.WithCluster(ctx, func(v *lifecycle.View) error {
			client, err := v.Conn.All()
			if err == nil {
				found, err = f(ctx, client, typed)
			}
			return err
		})
		return found, err
	})
}

// CompleteKey completes with the keys that begin with what is typed. Their values are not read.
func (o *Factory) CompleteKey() cobra.CompletionFunc {
	return o.CompleteEtcds(func(ctx context.Context, client *clientv3.Client, typed string) ([]string, error) {
		return etcd.First(ctx, client, typed, MaxKeys)
	})
}
