package inspect

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// versionOptions are the options of "version".
type versionOptions struct {
	*cli.Factory
	args   []string // NAME
	client bool
}

func newVersion(f *cli.Factory, run func(*versionOptions, context.Context) error) *cobra.Command {
	o := &versionOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "version [NAME]",
		Short: "Show the version of the plugin, of each server, and of the cluster",
		Example: `  kubectl etcd version
  kubectl etcd version --client`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			if o.client && len(args) > 0 {
				return cli.Usage(errors.New("--client does not ask a cluster (omit NAME, or --client)"))
			}
			o.args = args
			return run(o, ctx)
		}),
	}
	cmd.Flags().BoolVar(&o.client, "client", false, "show the plugin's version only, without asking a cluster")
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *versionOptions) run(ctx context.Context) error {
	v := cli.BuildInfo()
	if o.client {
		return o.Print(render.Version(v))
	}
	return o.WithStatus(ctx, o.args, func(view *lifecycle.View) error {
		if err := o.Print(render.Version(etcd.Versions(v, view.Status))); err != nil {
			return err
		}
		return cli.RequireAnswer(view.Cluster, len(view.Status.Versions()), "the version")
	})
}
