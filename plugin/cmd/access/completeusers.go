package access

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

func completeUser(f *cli.Factory) cobra.CompletionFunc {
	return f.CompleteFromEtcd(func(ctx context.Context, client *clientv3.Client, _ string) ([]string, error) {
		return etcd.UserNames(ctx, client)
	})
}

func completeRole(f *cli.Factory) cobra.CompletionFunc {
	return f.CompleteFromEtcd(func(ctx context.Context, client *clientv3.Client, _ string) ([]string, error) {
		return etcd.RoleNames(ctx, client)
	})
}

// completeUserThenRoles completes USER ROLE...
func completeUserThenRoles(f *cli.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return completeUser(f)(cmd, args, typed)
		}
		return completeRole(f)(cmd, args, typed)
	}
}
