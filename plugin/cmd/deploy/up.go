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
		Short: "Create or update a cluster, wait until it is healthy, and seal it",
		Long: `Create or update a cluster, wait until it is healthy, and seal it.

The manifests are applied by server-side apply. Then up waits until every member is a healthy voter and its pod is
Ready. In a running cluster it first prints what changes in the pods, and then restarts the pods whose template changed
one at a time, followers first, the leader last. Options that are not given keep the cluster's present values. If
another field manager has set fields to other values, up stops before it changes anything, unless --force-conflicts is
given. Run up again to finish an interrupted one.

Clients and peers use TLS and present certificates to each other. With --tls auto, up creates both CAs and all
certificates and keeps them in Secrets; it renews certificates that expire within 30 days. See "kubectl etcd certs".

With --expose, up waits for the load balancer's address, prints it, and adds it to the server's certificate, without a
restart. If somebody else issues that certificate, up says what to add to it.`,
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
			return cli.Usage(fmt.Errorf("--dry-run %q: must be none, client or server", o.dryRun))
		}
		return run(o, ctx)
	})
	o.addChoices(cmd.Flags())
	completeChoices(f, cmd)
	cmd.Flags().StringVar(&o.dryRun, "dry-run", "none", "none, client (only build the manifests) or server (let the API server check them)")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"dry-run": cli.OneOf("none", "client", "server")})
	cmd.Flags().BoolVar(&o.wait, "wait", true, "wait for the members, restart changed pods, and seal the cluster")
	cmd.Flags().BoolVar(&o.forceConflicts, "force-conflicts", false, "take over fields that another field manager has set to other values")
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
		env.Progress.Step("up did not wait for the members, and did not seal the cluster: run \"kubectl etcd up %s -n %s\" again, or \"kubectl etcd seal %[1]s -n %[2]s\" once the members are healthy", env.Target.Name, env.Target.Namespace)
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
	changes, err := applier.DryRunApply(ctx, w.Objects)
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
