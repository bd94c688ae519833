package deploy

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// diffOptions are the options of "diff".
type diffOptions struct {
	*cli.Factory
	manifestFlags
	args []string // NAME
}

func newDiff(f *cli.Factory, run func(*diffOptions, context.Context) error) *cobra.Command {
	o := &diffOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "diff [NAME]",
		Short: "Show what up would change",
		Long: `Show what up would change, as the API server would store it.

stderr describes what changes in the pods, and which fields another field manager has set to other values: up refuses
to run then, unless --force-conflicts is given. -o json and -o yaml print a report with every field that differs.

Exit status 0 says that there are no differences, 1 that there are; a higher one is an error, as with kubectl diff.`,
		Example: `  kubectl etcd diff --etcd-version 3.7.3
  kubectl etcd diff -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
	}
	cmd.RunE = f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
		o.args = args
		o.complete(cmd.Flags())
		return run(o, ctx)
	})
	o.addChoices(cmd.Flags())
	completeChoices(f, cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *diffOptions) run(ctx context.Context) error {
	found, err := o.compare(ctx)
	if err == nil {
		err = o.print(found)
	}
	switch {
	case err != nil:
		return cli.ExitError{Status: cli.ExitUsage, Err: err}
	case len(found.Objects) > 0:
		return cli.ExitError{Status: cli.ExitFailed}
	}
	return nil
}

// print prints a unified diff, or the report in a machine-readable format.
func (o *diffOptions) print(d report.Diff) error {
	if render.Format(o.Output).Machine() {
		return o.Print(render.Diff(d))
	}
	_, err := render.TerminalSafe(o.Out).Write([]byte(d.Text))
	return err
}

// compare returns the differences between the cluster and what "up" would apply, by a server-side dry run.
func (o *diffOptions) compare(ctx context.Context) (report.Diff, error) {
	none := report.Diff{}
	env, err := o.Resolve(ctx, o.args, kustomize.DefaultName)
	if err != nil {
		return none, err
	}
	wanted, err := o.render(ctx, env)
	if err != nil {
		return none, err
	}
	if err := bringup.CheckChange(ctx, env, wanted); err != nil {
		return none, err
	}
	if err := planCertificates(ctx, env, wanted); err != nil {
		return none, err
	}
	applier, err := newApplier(env)
	if err != nil {
		return none, err
	}
	changes, err := applier.DryRunApply(ctx, wanted.Objects)
	if err != nil {
		return none, err
	}
	if err := bringup.Acceptable(env, changes); err != nil {
		env.Progress.Step("note: up refuses this: %v", err)
	}
	d, err := diffOf(changes)
	if err != nil {
		return none, err
	}
	d.Cluster, d.Namespace = env.Target.Name, env.Target.Namespace
	d.PodChanges, err = bringup.PodChanges(ctx, env, changes)
	bringup.SayPodChanges(env, d.PodChanges)
	return d, err
}

// diffOf returns the report of changes, without the objects that "up" does not change.
func diffOf(changes []deploy.Change) (report.Diff, error) {
	d := report.Diff{Head: report.Head{Meta: report.NewMeta("Diff")}, Objects: []report.DifferingObject{}}
	for _, c := range changes {
		if c.Verb == deploy.Unchanged || c.Verb == deploy.Skipped {
			continue
		}
		o := c.Object
		object := report.NewDifferingObject(report.Meta{Kind: o.GetKind(), APIVersion: o.GetAPIVersion()}, o.GetNamespace(), o.GetName(), c.String())
		if c.Verb == deploy.Created {
			object.Change = string(deploy.Created)
		}
		object.Conflicts = c.Conflict
		for _, f := range deploy.Fields(c) {
			object.Fields = append(object.Fields, report.DifferingField(f))
		}
		d.Objects = append(d.Objects, object)
	}
	var err error
	d.Text, err = deploy.Diff(changes)
	return d, err
}
