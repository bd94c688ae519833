package deploy

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// overlaysOptions are the options of "overlays", which has only the flags of every command.
type overlaysOptions struct{ *cli.Factory }

func newOverlays(f *cli.Factory, run func(*overlaysOptions, context.Context) error) *cobra.Command {
	o := &overlaysOptions{Factory: f}
	cmd := &cobra.Command{
		Use:     "overlays",
		Short:   "List the overlays, and mark the one for this Kubernetes cluster",
		Example: `  kubectl etcd overlays`,
		Args:    cobra.NoArgs,
		RunE:    f.WithLimit(cli.ReadLimit, func(ctx context.Context, _ []string) error { return run(o, ctx) }),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *overlaysOptions) run(ctx context.Context) error {
	list, err := kustomize.Overlays()
	if err != nil {
		return err
	}
	detected, problem := o.detected(ctx)
	return o.Print(render.Overlays(report.NewOverlays(overlayRows(list), detected, problem)))
}

// detected returns the overlay for the current Kubernetes cluster, or why it could not be detected. That is no error: the list
// is useful without it.
func (o *overlaysOptions) detected(ctx context.Context) (name, problem string) {
	env, err := o.Env()
	if err != nil {
		return "", cli.Explain(err).Error()
	}
	name, err = detect(ctx, env)
	if err != nil {
		return "", cli.Explain(err).Error()
	}
	return name, ""
}

func overlayRows(list []kustomize.Overlay) []report.Overlay {
	rows := make([]report.Overlay, len(list))
	for i, l := range list {
		rows[i] = report.Overlay{Name: l.Name, Provisioner: l.Provisioner, DiskType: l.DiskType, InternalBalancer: l.InternalBalancer}
	}
	return rows
}
