package plugin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type statusOptions struct {
	*options
	watch    bool
	interval time.Duration
}

func (o *options) statusCommand() *cobra.Command {
	s := &statusOptions{options: o}
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show the health of a cluster and of every member",
		Long: `Show the health of a cluster and of every member, and what deserves attention, each with its remedy.

Every member is asked separately and at the same time; one that does not answer keeps its row. Exit status 3 says
that the table was printed and that the cluster is not healthy, or that etcd refuses writes for an alarm. Healthy is a
cluster whose declared members are all healthy voters, whose seal is closed, and that no operation has left half-done.

With --watch it looks again every --interval until Ctrl-C or --timeout. A terminal is redrawn in place; elsewhere a
line is written for each change of state, with -o json a line of JSON, with -o yaml a document. What changes all the
time, such as the revision, is no change of state. A lost API server is said and tried again.`,
		Example: `  kubectl etcd status
  kubectl etcd status --watch
  kubectl etcd status orders -n shop -o json`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.completeName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if s.watch {
				return o.withLimit(noLimit, s.runWatch)(cmd, args)
			}
			return o.withLimit(readLimit, s.run)(cmd, args)
		},
	}
	cmd.Flags().BoolVarP(&s.watch, "watch", "w", false, "look again and again, and show what changes")
	cmd.Flags().DurationVar(&s.interval, "interval", 2*time.Second, "how long --watch waits between two looks")
	o.addOutput(cmd)
	return cmd
}

func (s *statusOptions) run(ctx context.Context, args []string) error {
	return s.look(ctx, args, func(v *lifecycle.View) error {
		if err := s.print(v.Status); err != nil {
			return err
		}
		switch {
		case v.Status.SeveralClusters():
			return reportedBad(fmt.Sprintf("the pods of %s/%s are of several etcd clusters", v.Status.Namespace, v.Status.Cluster))
		case v.Status.Quorum.Have == 0 && v.Status.Bar() != "":
			return reportedBad(fmt.Sprintf("how etcd cluster %s/%s is cannot be told: %s", v.Status.Namespace, v.Status.Cluster, v.Status.Bar()))
		case !v.Status.Healthy:
			return reportedBad(fmt.Sprintf("etcd cluster %s/%s is not healthy%s", v.Status.Namespace, v.Status.Cluster, unfinished(v.Status)))
		case v.Status.WritesRefused:
			return reportedBad(fmt.Sprintf("etcd cluster %s/%s refuses writes (alarm %s)", v.Status.Namespace, v.Status.Cluster, v.Status.AlarmText()))
		}
		return nil
	})
}

// unfinished says what a cluster lacks whose members are all well, or "".
func unfinished(s report.Status) string {
	if !s.MembersHealthy() {
		return ""
	}
	return ": " + strings.Join(s.Unfinished, "; ")
}

func (s *statusOptions) runWatch(ctx context.Context, args []string) error {
	switch {
	case s.interval <= 0:
		return badUsage(fmt.Errorf("--interval %s must be positive", s.interval))
	case s.output == "name":
		return badUsage(errors.New("-o name has no state to watch (use another format)"))
	}
	env, err := s.envOf(args)
	if err != nil {
		return err
	}
	watch := report.NewStatusWatch(s.Out, report.Format(s.output), s.coloured())
	watch.Every, watch.Note = s.interval, env.Progress.Step
	return env.Watch(ctx, s.interval, func(status report.Status, err error) error {
		if err != nil {
			return watch.Lost(time.Now(), explain(err))
		}
		return watch.Show(time.Now(), status)
	})
}
