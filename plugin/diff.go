package plugin

import (
	"context"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func (o *options) diffCommand() *cobra.Command {
	var m manifestFlags
	cmd := &cobra.Command{
		Use:   "diff [NAME]",
		Short: "Show what up would change",
		Long: `Show what up would change, as the API server would store it.

Exit status 0 says that nothing differs, 1 that something does; any other is an error, as with kubectl diff.`,
		Example:           `  kubectl etcd diff --etcd-version 3.7.3`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE: o.withLimit(readLimit, func(ctx context.Context, args []string) error {
			text, err := o.diff(ctx, args, &m)
			if err != nil {
				return exitError{status: exitUsage, err: err}
			}
			if text == "" {
				return nil
			}
			if _, err := report.Harmless(o.Out).Write([]byte(text)); err != nil {
				return exitError{status: exitUsage, err: err}
			}
			return exitError{status: exitFailed}
		}),
	}
	m.addChoices(cmd.Flags())
	o.completeChoices(cmd)
	return cmd
}

func (o *options) diff(ctx context.Context, args []string, m *manifestFlags) (string, error) {
	env, name, err := o.target(ctx, args, kustomize.DefaultName)
	if err != nil {
		return "", err
	}
	wanted, err := m.render(ctx, env, name)
	if err != nil {
		return "", err
	}
	if err := env.CheckChange(ctx, name, wanted); err != nil {
		return "", err
	}
	if err := planCertificates(ctx, env, name, wanted); err != nil {
		return "", err
	}
	client, err := dynamic.NewForConfig(env.Config)
	if err != nil {
		return "", err
	}
	changes, err := deploy.Applier{Client: client, DryRun: true}.Apply(ctx, wanted.Objects)
	if err != nil {
		return "", err
	}
	return deploy.Diff(changes)
}
