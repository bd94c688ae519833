package inspect

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/doctor"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// doctorOptions are the options of "doctor".
type doctorOptions struct {
	*cli.Factory
	args []string // NAME
}

func newDoctor(f *cli.Factory, run func(*doctorOptions, context.Context) error) *cobra.Command {
	o := &doctorOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "doctor [NAME]",
		Short: "Check a cluster for what is wrong with it, or will be",
		Long: `Check a cluster for what is wrong with it, or will be, with what to do about each.

Members, Kubernetes' objects, each member's /metrics and the certificates that it shows are looked at; nothing is
changed. What cannot be looked at is said, and never counts as passed. Percentiles and counts are of the whole life of
a member's process. All members hash their whole stores once, which large ones notice. Where members want clients'
certificates, their logs show a connection that brought none.

Exit status 3 says that the report was printed and that a check failed, or that no member lets itself be asked; warnings
alone leave it 0.`,
		Example: `  kubectl etcd doctor
  kubectl etcd doctor orders -n shop -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
			o.args = args
			return run(o, ctx)
		}),
	}
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *doctorOptions) run(ctx context.Context) error {
	env, err := o.EnvOf(o.args)
	if err != nil {
		return err
	}
	result, err := doctor.Examine(ctx, env)
	if err != nil {
		return err
	}
	if err := o.Print(render.Doctor(result)); err != nil {
		return err
	}
	missing := result.EvidenceMissing("quorum")
	switch {
	case result.Verdict == report.Fail:
		return cli.BadNews(fmt.Sprintf("etcd cluster %s/%s fails a check", result.Namespace, result.Cluster))
	case missing != "":
		return cli.BadNews(fmt.Sprintf("whether etcd cluster %s/%s has a quorum cannot be told: %s", result.Namespace, result.Cluster, missing))
	}
	return nil
}
