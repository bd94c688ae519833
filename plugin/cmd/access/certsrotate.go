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

First, every member trusts the new CAs and the old ones: the Secrets get both, and members restart one at a time,
followers first. Then the new CAs sign, and all certificates are issued again. Then the old CAs are removed, with
another restart of each member. Before each of the last two steps the command asks for confirmation: by then, clients
with certificates in files, and clients that read certificates only at their start, must have the new ones. If the
command is interrupted, or the answer is no, run it again: it continues from the cluster's state. Until the end, both
are trusted.

A script runs one phase at a time, and updates its clients in between:

  --until trusted   every member trusts the new CAs and the old ones, which still sign. Clients are not affected, and the
                    command does not ask. Then: restart clients that read ca.crt only at their start, and issue again the
                    certificates that "certs issue --out" wrote, or that were copied from a Secret: they lack the new CA
  --until signed    the new CAs have signed all certificates, and every member serves its new one. Then: restart clients
                    that read their certificate only at their start, and issue again the certificates in files: the old
                    CA signed them
  --until done      the old CAs are no longer trusted

Each phase ends with the next step and its command; "certs list" and "status" show the phase. A phase that was reached
is not run again. Only "--until trusted", and a run without --until, start a rotation: the other two are refused if none
is in progress, so that a command that is typed twice cannot start the next rotation.

Afterwards nothing that the old CAs signed is accepted any more: use this command if a private key was stolen.`,
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
	cmd.Flags().StringVar(&o.until, "until", "", "stop after this phase: "+strings.Join(rotatePhases(), ", ")+" (default all phases)")
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
	if report.RotationPhase(o.until) != report.RotationTrusted && !o.yes && !o.StdinIsTerminal() {
		return cli.Usage(cli.ErrNoTerminal)
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
