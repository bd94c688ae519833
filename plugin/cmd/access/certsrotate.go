package access

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/certificates"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rotateWait bounds a rotation of the CAs: two restarts of every member, and a person who has to agree to go on.
const rotateWait = time.Hour

// rotatePhases returns what --until takes, in their order.
func rotatePhases() []string {
	return []string{string(report.RotationTrusted), string(report.RotationSigned), string(report.RotationDone)}
}

type rotateOptions struct {
	*cli.Factory
	yes   bool
	until string
}

func certsRotateCommand(o *cli.Factory) *cobra.Command {
	r := &rotateOptions{Factory: o}
	cmd := &cobra.Command{
		Use:   "rotate-ca [NAME]",
		Short: "Replace both CAs, with every member restarted twice and no write lost",
		Long: `Replace both CAs, with every member restarted twice and no write lost.

The new CAs are first trusted beside the old ones: Secrets get both, and members restart one at a time, followers first.
Then the new ones sign, and all certificates are issued anew. Then the old ones are forgotten, after another restart of
each member. Before each of the last two it asks: clients with their certificates in files, and those that read them only
at their start, have to be given the new ones by then. Interrupted, or answered with no, and run again, it goes on where
the cluster is; until the end, both are trusted.

A script goes one phase at a time, and sees to its clients in between:

  --until trusted   every member trusts the new CAs beside the old ones, which still sign. No client notices, and nothing
                    is asked. Then: start clients again that read ca.crt only at their start, and issue again what
                    "certs issue --out" wrote, or was copied from a Secret, as it lacks the new CA
  --until signed    the new ones have signed all certificates, and every member shows its own. Then: start clients again
                    that read their certificate only at their start, and issue again what is in files, as it is of the
                    old CA
  --until done      the old ones are trusted by nobody

Each ends with what comes next, and the command for it; "certs list" and "status" show the phase. Run again, it leaves a
phase that was reached as it is. Only "--until trusted", and a run without --until, begin a replacement: the other two are
refused where none is under way, so that a command that is typed twice cannot begin the next one.

Afterwards nothing that the old CAs have signed is of any use: this is what to do when a private key was stolen.`,
		Example: `  kubectl etcd certs rotate-ca
  kubectl etcd certs rotate-ca --until trusted`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: o.CompleteName,
		RunE:              o.WithLimit(rotateWait, r.run),
	}
	cmd.Flags().BoolVar(&r.yes, "yes", false, "do not ask before the steps that clients may notice")
	cmd.Flags().StringVar(&r.until, "until", "", "end after this phase: "+strings.Join(rotatePhases(), ", ")+" (all of them without it)")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"until": cli.OneOf(rotatePhases()...)})
	o.AddQueueFlag(cmd)
	o.AddOutputFlag(cmd)
	return cmd
}

func (r *rotateOptions) run(ctx context.Context, args []string) error {
	if _, err := r.ClusterName(args); err != nil {
		return err
	}
	if r.until != "" && !slices.Contains(rotatePhases(), r.until) {
		return cli.Usage(fmt.Errorf("--until %q: must be trusted, signed or done", r.until))
	}
	until := report.RotationPhase(r.until)
	if until != report.RotationTrusted && !r.yes && !r.CanAsk() {
		return cli.Usage(cli.ErrNobodyToAsk)
	}
	env, err := r.EnvOf(args)
	if err != nil {
		return err
	}
	if err := certificates.RotateCA(ctx, env, certificates.RotateOptions{Until: until, Ask: r.ask}); err != nil {
		return err
	}
	return printCertificates(r.Factory, ctx, args)
}

// ask has somebody agree to the next phase. By then members were restarted: whoever says no is told by the rotation what
// is so.
func (r *rotateOptions) ask(ctx context.Context, question string) error {
	if r.yes {
		return nil
	}
	err := r.Confirm(ctx, question, "yes")
	var declined cli.DeclinedError
	if errors.As(err, &declined) {
		return errors.New(declined.Given())
	}
	return err
}
