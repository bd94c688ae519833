package plugin

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// completeLimit bounds how long a shell waits for the names of clusters: a person sits at the key.
const completeLimit = 2 * time.Second

// completeName completes the first argument with the names of the namespace's clusters. What goes wrong is no
// completion: a shell has nowhere to show it.
func (o *options) completeName(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	env, err := o.env()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	ctx, cancel := context.WithTimeout(cmd.Context(), completeLimit)
	defer cancel()
	names, err := cluster.Names(ctx, env.Kube, env.Namespace)
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.DeleteFunc(names, unfit), cobra.ShellCompDirectiveNoFileComp
}

// unfit reports whether a shell would print something else than a name. Such a one is not offered: escaped it would be
// another.
func unfit(name string) bool {
	return name != report.EscapeText(name) || strings.ContainsAny(name, "\t\n")
}

// completeEtcd completes --etcd, wherever the arguments already are something else.
func (o *options) completeEtcd(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	return o.completeName(cmd, nil, typed)
}
