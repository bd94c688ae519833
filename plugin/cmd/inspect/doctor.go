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
		Short: "Check a cluster for present and coming problems",
		Long: `Check a cluster for present and coming problems, and say what to do about each.

The checks read the members' status, the Kubernetes objects, each member's /metrics and the certificates that it serves;
nothing is changed. Missing evidence is reported, and never counts as passed. Percentiles and counts cover the whole
life of a member's process. Each member hashes its whole store once, which takes time if it is large. If members
require client certificates, their logs show one connection without a certificate.

Exit status 3 says that the report was printed and that a check failed, or that the quorum could not be determined;
if there are only warnings, it is 0.`,
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
		return cli.BadNews(fmt.Sprintf("it is unknown whether etcd cluster %s/%s has a quorum: %s", result.Namespace, result.Cluster, missing))
	}
	return nil
}
