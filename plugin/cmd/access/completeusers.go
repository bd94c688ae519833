package access

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

func completeUser(o *cli.Factory) cobra.CompletionFunc {
	return o.CompleteEtcds(func(ctx context.Context, client *clientv3.Client, _ string) ([]string, error) {
		return etcd.UserNames(ctx, client)
	})
}

func completeRole(o *cli.Factory) cobra.CompletionFunc {
	return o.CompleteEtcds(func(ctx context.Context, client *clientv3.Client, _ string) ([]string, error) {
		return etcd.RoleNames(ctx, client)
	})
}

// completeUserThenRoles completes USER ROLE...
func completeUserThenRoles(o *cli.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return completeUser(o)(cmd, args, typed)
		}
		return completeRole(o)(cmd, args, typed)
	}
}
