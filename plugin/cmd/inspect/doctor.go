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

func NewDoctor(o *cli.Factory) *cobra.Command {
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
		ValidArgsFunction: o.CompleteName,
		RunE:              o.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error { return examine(o, ctx, args) }),
	}
	o.AddOutputFlag(cmd)
	return cmd
}

func examine(o *cli.Factory, ctx context.Context, args []string) error {
	env, err := o.EnvOf(args)
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
	unseen := result.Unseen("quorum")
	switch {
	case result.Verdict == report.Fail:
		return cli.BadNews(fmt.Sprintf("etcd cluster %s/%s fails a check", result.Namespace, result.Cluster))
	case unseen != "":
		return cli.BadNews(fmt.Sprintf("whether etcd cluster %s/%s has a quorum cannot be told: %s", result.Namespace, result.Cluster, unseen))
	}
	return nil
}
