package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcdctl"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func (o *options) proxyCommand() *cobra.Command {
	var s proxy.Session
	var dash int
	cmd := &cobra.Command{
		Use:   "proxy [NAME] [-- COMMAND [ARGS]]",
		Short: "Give any client on this machine a way to the members, or run one with it",
		Long: `Take a port on 127.0.0.1 for each member, and serve until Ctrl-C. Each connection to such a port is one to that member;
one that restarts is found again. TLS passes through: it is the client that speaks it, with the member itself.

What a client has to know is printed as lines for a shell, in etcdctl's variables: endpoints, and the files that the
certificates were written to, which are there for as long as this runs. A password is never printed.

With COMMAND nothing is printed: it runs with that environment, password included, and its exit status is ours. SIGTERM
is passed on to it, and Ctrl-C is its own to act on.

Everybody on this machine can connect to the ports, as with "kubectl port-forward".`,
		Example: `  kubectl etcd proxy -- etcdctl get /config/ --prefix --keys-only
  kubectl etcd proxy --member etcd-1 -- etcdctl snapshot save backup.db
  kubectl etcd proxy orders --etcd-user root --etcd-password-file password -- etcdctl user list
  kubectl etcd proxy >environment &   # then: . ./environment`,
		Args: func(cmd *cobra.Command, args []string) error {
			dash = cmd.ArgsLenAtDash()
			switch {
			case dash < 0 && len(args) > 1, dash > 1:
				return errors.New(`a command stands behind "--"`)
			case dash >= 0 && dash == len(args):
				return errors.New(`no command stands behind "--"`)
			}
			return nil
		},
		ValidArgsFunction: o.completeProxy,
		RunE: o.withLimit(noLimit, func(ctx context.Context, args []string) error {
			var command []string
			if dash >= 0 {
				args, command = args[:dash], args[dash:]
			}
			if err := o.validateProxy(s, command); err != nil {
				return usageError{err}
			}
			return ownStatus(o.proxy(ctx, s, args, command))
		}),
	}
	cmd.Flags().StringVar(&s.Member, "member", "", "this member alone")
	cmd.Flags().IntVar(&s.Port, "port", 0, "port of the first member, the others follow (ports that are free without it)")
	completeFlags(cmd, map[string]cobra.CompletionFunc{"member": o.completeMemberOf()})
	o.addOutput(cmd)
	return cmd
}

// completeProxy completes NAME, and leaves the words of a command to the shell.
func (o *options) completeProxy(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if dash := cmd.ArgsLenAtDash(); dash >= 0 && dash < len(args) {
		return someFile(cmd, args, typed)
	}
	return o.completeName(cmd, args, typed)
}

func (o *options) validateProxy(s proxy.Session, command []string) error {
	switch {
	case s.Port < 0 || s.Port > 65535:
		return fmt.Errorf("--port %d is no port", s.Port)
	case o.output != "" && len(command) > 0:
		return errors.New("--output is for what is printed without a command")
	}
	return nil
}

func (o *options) proxy(ctx context.Context, s proxy.Session, args, command []string) error {
	env, err := o.env()
	if err != nil {
		return err
	}
	query := env.Query
	query.Namespace, query.Bare = env.Namespace, true
	if query.Name, err = o.name(args); err != nil {
		return err
	}
	if s.Cluster, err = cluster.Find(ctx, env.Kube, query); err != nil {
		return err
	}
	if err := o.prepareProxy(ctx, env, &s); err != nil {
		return err
	}
	open, err := s.Open(ctx)
	if err != nil {
		return err
	}
	defer open.Close()
	if len(command) > 0 {
		return open.Run(ctx, proxy.Command{Args: command, Streams: o.IOStreams})
	}
	if err := o.print(proxied(s.Cluster, open)); err != nil {
		return err
	}
	if open.Environment.Password != "" {
		env.Progress.Step("the password of etcd user %q is not printed: export ETCDCTL_PASSWORD, or run the client behind \"--\"", open.Environment.User)
	}
	env.Progress.Step("serving etcd cluster %s/%s at %s (Ctrl-C ends it)", s.Cluster.Namespace, s.Cluster.Name, open)
	open.Serve(ctx)
	return nil
}

// prepareProxy adds how the members are reached and the credentials for them. Where the user gives none, a client can
// do without those that are found: the session says so.
func (o *options) prepareProxy(ctx context.Context, env lifecycle.Env, s *proxy.Session) error {
	env.Remark(s.Cluster)
	var err error
	s.Credentials, err = credentials.Find(ctx, env.Kube, s.Cluster, env.Credentials)
	if err != nil && o.credentials.given() {
		return err
	}
	s.Dial, err = o.guardedDial(ctx, env, *s)
	if err != nil {
		return err
	}
	s.Files = proxy.Files{CA: o.credentials.CACert, Cert: o.credentials.Cert, Key: o.credentials.Key}
	s.SkipVerify = o.credentials.SkipVerify
	s.InPod = func(ctx context.Context, m cluster.Member) bool {
		return etcdctl.CanShow(ctx, env.Kube, s.Cluster.Namespace, m)
	}
	s.Limit, s.Note = o.memberTimeout, env.Progress.Step
	return nil
}

func proxied(c *cluster.Cluster, open *proxy.Open) report.Proxy {
	var members []report.ProxyMember
	for _, port := range open.Ports {
		members = append(members, report.ProxyMember{Name: port.Member.Name, Address: port.Address()})
	}
	return report.NewProxy(report.NewHead("Proxy", c.Namespace, c.Name), open.Environment.Endpoints, open.Environment.Variables(false), members)
}
