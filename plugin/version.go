package plugin

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Version returns the plugin's own version, as the Go toolchain stamped it from the release's tag.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

func (o *options) versionCommand() *cobra.Command {
	var client bool
	cmd := &cobra.Command{
		Use:   "version [NAME]",
		Short: "Show the version of the plugin, of each server, and of the cluster",
		Example: `  kubectl etcd version
  kubectl etcd version --client`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE: o.withLimit(readLimit, func(ctx context.Context, args []string) error {
			v := report.Version{
				Meta: report.NewMeta("Version"), Plugin: Version(),
				GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
			}
			if client {
				return o.print(v)
			}
			return o.look(ctx, args, func(view *lifecycle.View) error {
				if err := o.print(etcd.Versions(v, view.Status)); err != nil {
					return err
				}
				return noneTells(view.Cluster, len(view.Status.Versions()), "the version")
			})
		}),
	}
	cmd.Flags().BoolVar(&client, "client", false, "show the plugin's version only, without asking a cluster")
	o.addOutput(cmd)
	return cmd
}
