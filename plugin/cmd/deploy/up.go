package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/dynamic"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/deploy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// upOptions are the options of "up".
type upOptions struct {
	*cli.Factory
	manifestFlags
	args           []string // NAME
	dryRun         string
	wait           bool
	forceConflicts bool
}

func newUp(f *cli.Factory, run func(*upOptions, context.Context) error) *cobra.Command {
	o := &upOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "up [NAME]",
		Short: "Bring a cluster up, or to what the flags say, and seal it",
		Long: `Bring a cluster up, or to what the flags say, and seal it.

The manifests are applied by server-side apply. Then every member must become a healthy voter, and its pod Ready; on a
cluster that runs already, the pods whose template changed are restarted one at a time, followers first, the leader
last; what changes in them is told before. Choices that are not given stay as the cluster has them. What somebody else has
set otherwise is not undone unasked. An up that was interrupted is finished by the next.

Clients and peers speak TLS and show certificates to each other. With --tls auto both CAs and all certificates are made
here and kept in Secrets; what expires within 30 days is renewed. See "kubectl etcd certs".

With --expose it waits for the load balancer's address, says it, and has the server's certificate be for it, without a
restart; where others make that certificate, it says what to add.`,
		Example: `  kubectl etcd up
  kubectl etcd up orders -n shop --replicas 5 --storage 64Gi
  kubectl etcd up orders -n shop --quota 4Gi
  kubectl etcd up --dry-run=server`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
	}
	cmd.RunE = f.WithLimit(cli.ChangeLimit, func(ctx context.Context, args []string) error {
		o.args = args
		o.complete(cmd.Flags())
		if o.dryRun != "none" && o.dryRun != "client" && o.dryRun != "server" {
			return cli.Usage(fmt.Errorf("--dry-run %q is none of none, client, server", o.dryRun))
		}
		return run(o, ctx)
	})
	o.addChoices(cmd.Flags())
	completeChoices(f, cmd)
	cmd.Flags().StringVar(&o.dryRun, "dry-run", "none", "none, client (only build the manifests) or server (let the API server check them)")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"dry-run": cli.OneOf("none", "client", "server")})
	cmd.Flags().BoolVar(&o.wait, "wait", true, "wait for the members, restart what changed, and seal")
	cmd.Flags().BoolVar(&o.forceConflicts, "force-conflicts", false, "take over fields that another field manager has set otherwise")
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *upOptions) run(ctx context.Context) error {
	env, err := o.Resolve(ctx, o.args, kustomize.DefaultName)
	if err != nil {
		return err
	}
	wanted, err := o.render(ctx, env)
	if err != nil {
		return err
	}
	applier, err := newApplier(env)
	if err != nil {
		return err
	}
	applier.DryRun, applier.ForceConflicts = o.dryRun == "server", o.forceConflicts
	switch {
	case o.dryRun != "none":
		return o.runDry(ctx, env, applier, wanted)
	case !o.wait:
		changes, err := bringup.ApplyOnly(ctx, env, applier, wanted)
		if err != nil {
			return err
		}
		env.Progress.Step("not waited for, and not sealed: run \"kubectl etcd up %s -n %s\" again, or \"kubectl etcd seal %[1]s -n %[2]s\" once the members are healthy", env.Target.Name, env.Target.Namespace)
		return o.Print(render.Applied(appliedReport(changes, "")))
	}
	status, err := bringup.Up(ctx, env, applier, wanted)
	if len(status.Members) == 0 {
		return err
	}
	return errors.Join(o.Print(render.Status(status)), err)
}

func newApplier(env lifecycle.Env) (deploy.Applier, error) {
	client, err := dynamic.NewForConfig(env.Config)
	return deploy.Applier{Client: client}, err
}

// runDry prints what "up" would change.
func (o *upOptions) runDry(ctx context.Context, env lifecycle.Env, applier deploy.Applier, w bringup.Wanted) error {
	if err := bringup.CheckChange(ctx, env, w); err != nil {
		return err
	}
	if err := planCertificates(ctx, env, w); err != nil {
		return err
	}
	if o.dryRun == "client" {
		return o.Print(render.Applied(appliedReport(deploy.Rendered(w.Objects), o.dryRun)))
	}
	changes, err := applier.Rehearse(ctx, w.Objects)
	if err != nil {
		return err
	}
	if err := bringup.Acceptable(env, changes); err != nil {
		return err
	}
	doc := appliedReport(changes, o.dryRun)
	if doc.PodChanges, err = bringup.PodChanges(ctx, env, changes); err != nil {
		return err
	}
	bringup.SayPodChanges(env, doc.PodChanges)
	return o.Print(render.Applied(doc))
}

// planCertificates prints on stderr what "up" would do to the Secrets with certificates, which are not in the manifests.
func planCertificates(ctx context.Context, env lifecycle.Env, w bringup.Wanted) error {
	plan, err := bringup.PlanCertificates(ctx, env, w)
	for _, text := range plan {
		env.Progress.Step("would do: %s", text)
	}
	return err
}

func appliedReport(changes []deploy.Change, dryRun string) report.Applied {
	a := report.Applied{Meta: report.NewMeta("Applied"), DryRun: dryRun}
	for _, c := range changes {
		a.Objects = append(a.Objects, report.AppliedObject{Name: c.String(), Verb: string(c.Verb)})
	}
	return a
}
