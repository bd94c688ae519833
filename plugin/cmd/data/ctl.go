package data

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcdctl"
)

// ctlOptions are the options of "ctl".
type ctlOptions struct {
	*cli.Factory
	member string
	args   []string // etcdctl's
}

func newCtl(f *cli.Factory, run func(*ctlOptions, context.Context) error) *cobra.Command {
	o := &ctlOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "ctl -- ARGS",
		Short: "Run the etcdctl of a member's image in that member's pod",
		Long: `Run the etcdctl of a member's image in that member's pod. It needs no shell there and no etcdctl on this machine.
--endpoints and the paths of the certificates in that pod are filled in, unless ARGS or the container's environment set
them. Secrets are read only to find the CA that signed the server's certificate, and the client certificate if one is
required. stdin, stdout, stderr and the exit status are etcdctl's; if all three are terminals, etcdctl gets a terminal
too.

It runs in the pod of a Ready member and sends requests to all Ready members; if none is Ready, to those that run.
--member selects one member, as "snapshot save" requires. Like ssh it reads stdin to the end: give it </dev/null in a
loop.

ctl has no time limit of its own, unless --timeout is given. etcdctl ends a short command (get, compact, defrag) after
its own --command-timeout, which is 5s unless ARGS set it.

On a terminal Ctrl-C reaches etcdctl. Without a terminal it only ends the connection: a command that runs until it is
stopped, such as watch or lock, continues in the pod.

A password would be visible in the pod's list of processes, and a prompt for it needs a program that the official image
lacks: "kubectl etcd proxy -- etcdctl" has neither problem.`,
		Example: `  kubectl etcd ctl -- get /config/ --prefix --keys-only
  kubectl etcd ctl -- endpoint status --write-out=table
  kubectl etcd ctl --member etcd-1 -- defrag
  kubectl etcd ctl -- put /config/file <file`,
		Args: func(cmd *cobra.Command, args []string) error {
			if cmd.ArgsLenAtDash() != 0 || len(args) == 0 {
				return errors.New(`etcdctl's arguments must follow "--"`)
			}
			return nil
		},
		RunE: f.WithLimit(cli.NoLimit, func(ctx context.Context, args []string) error {
			if f.Credentials.Given() {
				return cli.Usage(errNotInPod)
			}
			o.args = args
			return run(o, ctx)
		}),
	}
	cmd.Flags().StringVar(&o.member, "member", "", "run it in this member's pod, and send requests to this member only")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"member": f.CompleteMember()})
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return cli.Usage(fmt.Errorf("%w (flags of etcdctl must follow \"--\"; see \"%s --help\")", err, cmd.CommandPath()))
	})
	return cmd
}

var errNotInPod = errors.New("of the flags for credentials, ctl takes only --etcd-insecure-skip-tls-verify: the pod has its own files, " +
	"and a password would be visible in its list of processes (\"kubectl etcd proxy -- etcdctl\" takes them all)")

func (o *ctlOptions) run(ctx context.Context) error {
	run := etcdctl.Run{Member: o.member, Args: o.args, SkipVerify: o.Credentials.SkipVerify}
	env, err := o.Env()
	if err != nil {
		return err
	}
	if run.Cluster, err = cluster.FindServing(ctx, env.Kube, env.Target); err != nil {
		return err
	}
	env.NoteCredentials(run.Cluster)
	run.Streams, run.Note = o.IOStreams, env.Progress.Step
	run.RootPair = func(ctx context.Context) string { return connect.RootSecret(ctx, env.Config, env.Kube, run.Cluster) }
	return cli.ProgramStatus(run.Do(ctx, env.Config, env.Kube))
}
