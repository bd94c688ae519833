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

// rotateWait is the default deadline of a rotation: it restarts every member twice and waits for the user's confirmations.
const rotateWait = time.Hour

// rotatePhases returns the values of --until, in the order of the phases.
func rotatePhases() []string {
	return []string{string(report.RotationTrusted), string(report.RotationSigned), string(report.RotationDone)}
}

// certsRotateOptions are the options of "certs rotate-ca".
type certsRotateOptions struct {
	*cli.Factory
	args  []string // NAME
	yes   bool
	until string // a phase, or "" for all of them
}

func newCertsRotate(f *cli.Factory, run func(*certsRotateOptions, context.Context) error) *cobra.Command {
	o := &certsRotateOptions{Factory: f}
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
		ValidArgsFunction: f.CompleteName,
		RunE: f.WithLimit(rotateWait, func(ctx context.Context, args []string) error {
			o.args = args
			if err := o.validate(); err != nil {
				return err
			}
			return run(o, ctx)
		}),
	}
	cmd.Flags().BoolVar(&o.yes, "yes", false, "do not ask before the steps that clients may notice")
	cmd.Flags().StringVar(&o.until, "until", "", "end after this phase: "+strings.Join(rotatePhases(), ", ")+" (all of them without it)")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"until": cli.OneOf(rotatePhases()...)})
	f.AddQueueFlag(cmd)
	f.AddOutputFlag(cmd)
	return cmd
}

func (o *certsRotateOptions) validate() error {
	if _, err := o.ClusterName(o.args); err != nil {
		return err
	}
	if o.until != "" && !slices.Contains(rotatePhases(), o.until) {
		return cli.Usage(fmt.Errorf("--until %q: must be trusted, signed or done", o.until))
	}
	if report.RotationPhase(o.until) != report.RotationTrusted && !o.yes && !o.CanAsk() {
		return cli.Usage(cli.ErrNobodyToAsk)
	}
	return nil
}

func (o *certsRotateOptions) run(ctx context.Context) error {
	env, err := o.EnvOf(o.args)
	if err != nil {
		return err
	}
	if err := certificates.RotateCA(ctx, env, certificates.RotateOptions{Until: report.RotationPhase(o.until), Ask: o.ask}); err != nil {
		return err
	}
	return printCertificates(ctx, o.Factory, o.args)
}

// ask asks the user to confirm the next phase. Its error leaves out "nothing was changed", because members were restarted
// before: the rotation reports the state.
func (o *certsRotateOptions) ask(ctx context.Context, question string) error {
	if o.yes {
		return nil
	}
	err := o.Confirm(ctx, question, "yes")
	var declined cli.DeclinedError
	if errors.As(err, &declined) {
		return errors.New(declined.Given())
	}
	return err
}
