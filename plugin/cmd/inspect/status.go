package inspect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// statusOptions are the options of "status".
type statusOptions struct {
	*cli.Factory
	args     []string // NAME
	watch    bool
	interval time.Duration
}

func newStatus(f *cli.Factory, run func(*statusOptions, context.Context) error) *cobra.Command {
	o := &statusOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show the health of a cluster and of every member",
		Long: `Show the health of a cluster and of every member, and warnings with their remedies.

Every member is asked separately and at the same time; a member that does not answer keeps its row. Exit status 3 says
that the table was printed and that the cluster is not healthy, or that etcd refuses writes because of an alarm. A
cluster is healthy if all its declared members are healthy voters, its seal is closed, and no operation is half-done.

With --watch the status is read again every --interval until Ctrl-C or --timeout. A terminal is redrawn in place.
Otherwise each change of state is printed as a line, with -o json as a line of JSON, with -o yaml as a document. Values
that change all the time, such as the revision, are not a change of state. If the API server does not answer, the
command says so and tries again.`,
		Example: `  kubectl etcd status
  kubectl etcd status --watch
  kubectl etcd status orders -n shop -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
		RunE: func(cmd *cobra.Command, args []string) error {
			limit := cli.ReadLimit
			if o.watch {
				limit = cli.NoLimit
			}
			return f.WithLimit(limit, func(ctx context.Context, args []string) error {
				o.args = args
				if err := o.validate(); err != nil {
					return cli.Usage(err)
				}
				return run(o, ctx)
			})(cmd, args)
		},
	}
	cmd.Flags().BoolVarP(&o.watch, "watch", "w", false, "read the status repeatedly, and show what changes")
	cmd.Flags().DurationVar(&o.interval, "interval", 2*time.Second, "how long --watch waits before it reads the status again")
	f.AddOutputFlag(cmd)
	return cmd
}

// validate checks the flags that --watch uses.
func (o *statusOptions) validate() error {
	switch {
	case !o.watch:
		return nil
	case o.interval <= 0:
		return fmt.Errorf("--interval %s must be positive", o.interval)
	case o.Output == "name":
		return errors.New("-o name has no state to watch (use another format)")
	}
	return nil
}

func (o *statusOptions) run(ctx context.Context) error {
	if o.watch {
		return o.watchStatus(ctx)
	}
	return o.WithStatus(ctx, o.args, func(v *lifecycle.View) error {
		if err := o.Print(render.Status(v.Status)); err != nil {
			return err
		}
		switch {
		case v.Status.SeveralClusters():
			return cli.BadNews(fmt.Sprintf("the pods of %s/%s belong to several etcd clusters", v.Status.Namespace, v.Status.Cluster))
		case v.Status.Quorum.Have == 0 && v.Status.AccessError() != "":
			return cli.BadNews(fmt.Sprintf("the state of etcd cluster %s/%s is unknown: %s", v.Status.Namespace, v.Status.Cluster, v.Status.AccessError()))
		case !v.Status.Healthy:
			return cli.BadNews(fmt.Sprintf("etcd cluster %s/%s is not healthy%s", v.Status.Namespace, v.Status.Cluster, unfinished(v.Status)))
		case v.Status.WritesRefused:
			return cli.BadNews(fmt.Sprintf("etcd cluster %s/%s refuses writes (alarm %s)", v.Status.Namespace, v.Status.Cluster, v.Status.AlarmText()))
		}
		return nil
	})
}

// unfinished returns ": " and why a cluster whose members are all healthy is not, or "" if a member is not healthy.
func unfinished(s report.Status) string {
	if !s.MembersHealthy() {
		return ""
	}
	return ": " + strings.Join(s.Unfinished, "; ")
}

// watchStatus prints the status and its changes until ctx ends.
func (o *statusOptions) watchStatus(ctx context.Context) error {
	env, err := o.EnvOf(o.args)
	if err != nil {
		return err
	}
	watch := render.NewStatusWatch(o.Out, render.Format(o.Output), o.Coloured())
	watch.Every, watch.Note = o.interval, env.Progress.Step
	return env.Watch(ctx, o.interval, func(status report.Status, err error) error {
		if err != nil {
			return watch.Lost(time.Now(), cli.Explain(err))
		}
		return watch.Show(time.Now(), status)
	})
}
