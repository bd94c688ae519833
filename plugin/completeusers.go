package plugin

import (
	"context"

	"github.com/spf13/cobra"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

func (o *options) completeUser() cobra.CompletionFunc {
	return o.completeEtcds(func(ctx context.Context, client *clientv3.Client, _ string) ([]string, error) {
		return etcd.UserNames(ctx, client)
	})
}

func (o *options) completeRole() cobra.CompletionFunc {
	return o.completeEtcds(func(ctx context.Context, client *clientv3.Client, _ string) ([]string, error) {
		return etcd.RoleNames(ctx, client)
	})
}

// completeUserThenRoles completes USER ROLE...
func (o *options) completeUserThenRoles() cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(args) == 0 {
			return o.completeUser()(cmd, args, typed)
		}
		return o.completeRole()(cmd, args, typed)
	}
}
