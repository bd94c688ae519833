package maintain

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// sealOptions are the options of "seal".
type sealOptions struct {
	*cli.Factory
	args []string // NAME
}

func newSeal(f *cli.Factory, run func(*sealOptions, context.Context) error) *cobra.Command {
	o := &sealOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "seal [NAME]",
		Short: "Keep members that lost their data from starting empty",
		Long: `Keep members that lost their data from starting empty.

A member without its data that came back under its old identity could form a quorum with a lagging member and lose
acknowledged writes. In a sealed cluster it does not start until "kubectl etcd replace" gives it a new identity. "up"
seals the cluster itself; this command is for clusters that plain kustomize created, and for a seal that was left open.`,
		Example:           `  kubectl etcd seal`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.args = args
			return run(o, ctx)
		}),
	}
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *sealOptions) run(ctx context.Context) error {
	env, err := o.EnvOf(o.args)
	if err != nil {
		return err
	}
	sealed, err := bringup.Seal(ctx, env)
	if err != nil {
		return err
	}
	return o.Print(render.Sealed(sealed))
}
