package plugin

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Version returns the plugin's own version, as the Go toolchain stamped it from the release's tag.
func Version() string { return build().Plugin }

// build tells what this program was built from.
func build() report.Version {
	v := report.Version{
		Meta: report.NewMeta("Version"), Plugin: "(devel)",
		GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Plugin = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.CommitTime = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
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
			v := build()
			if client && len(args) > 0 {
				return usageError{errors.New("--client asks no cluster (leave NAME out, or --client)")}
			}
			if client {
				return o.print(render.Version(v))
			}
			return o.look(ctx, args, func(view *lifecycle.View) error {
				if err := o.print(render.Version(etcd.Versions(v, view.Status))); err != nil {
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
