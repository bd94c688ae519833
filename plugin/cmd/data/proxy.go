package data

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcdctl"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// proxyOptions are the options of "proxy", and the command after its "--".
type proxyOptions struct {
	*cli.Factory
	args       []string // NAME
	session    proxy.Session
	command    []string
	advertised bool
	readyFile  string
}

func newProxy(f *cli.Factory, run func(*proxyOptions, context.Context) error) *cobra.Command {
	o := &proxyOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "proxy [NAME] [-- COMMAND [ARGS]]",
		Short: "Give any client on this machine a way to the members, or run one with it",
		Long: `Take a port on 127.0.0.1 for each member, and serve until Ctrl-C. Each connection to such a port is one to that member;
one that restarts is found again. TLS passes through: it is the client that speaks it, with the member itself. Where etcd
serves HTTP (/health, the JSON gateway) apart from gRPC, that has a port of its own for each member.

What a client has to know is printed as lines for a shell, in etcdctl's variables: endpoints, and the files that the
certificates were written to, which are there for as long as this runs, and are written anew when the cluster's are. A
password is never printed. KUBECTL_ETCD_HTTP_ENDPOINTS has where HTTP is served.

It is printed once clients can connect. For a script --ready-file writes the same into a file as well, whole or not at
all: the file that is there says "ready", and is gone when this ends.

With COMMAND nothing is printed: it runs with that environment, password included, and its exit status is ours. SIGTERM
is passed on to it, and Ctrl-C is its own to act on.

Members tell their clients addresses that only pods can resolve, and "etcdctl endpoint status --cluster" dials those. A
proxy for them, which leads to the members and nowhere else, is KUBECTL_ETCD_CONNECT_PROXY. Where COMMAND is etcdctl,
HTTPS_PROXY names it; --advertised does that for any other, whose connections to elsewhere are then refused.

Everybody on this machine can connect to the ports, as with "kubectl port-forward".`,
		Example: `  kubectl etcd proxy -- etcdctl get /config/ --prefix --keys-only
  kubectl etcd proxy -- etcdctl endpoint status --cluster
  kubectl etcd proxy --member etcd-1 -- etcdctl snapshot save backup.db
  kubectl etcd proxy orders --etcd-user root --etcd-password-file password -- etcdctl user list
  kubectl etcd proxy --ready-file environment &   # once the file is there: . ./environment`,
		Args:              o.split,
		ValidArgsFunction: completeProxy(f),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !cmd.Flags().Changed("advertised") {
				o.advertised = wantsAdvertised(o.command)
			}
			o.args = args[:len(args)-len(o.command)]
			return f.WithLimit(cli.NoLimit, func(ctx context.Context, _ []string) error {
				if err := o.validate(); err != nil {
					return cli.Usage(err)
				}
				return run(o, ctx)
			})(cmd, args)
		},
	}
	cmd.Flags().StringVar(&o.session.Member, "member", "", "this member alone")
	cmd.Flags().IntVar(&o.session.Port, "port", 0, "port of the first member, the others follow, and then those for HTTP (ports that are free without it)")
	cmd.Flags().StringVar(&o.readyFile, "ready-file", "", "write what is printed into this file, too, once clients can connect; remove it at the end")
	cmd.Flags().BoolVar(&o.advertised, "advertised", false, "let COMMAND reach the members by the addresses that they advertise, and no others (the default for etcdctl)")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"member": f.CompleteMemberOf(), "ready-file": cli.AnyFile})
	f.AddOutputFlag(cmd)
	return cmd
}

// split checks the arguments, and takes COMMAND from those after "--".
func (o *proxyOptions) split(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	switch {
	case dash < 0 && len(args) > 1, dash > 1:
		return errors.New(`a command stands behind "--"`)
	case dash >= 0 && dash == len(args):
		return errors.New(`no command stands behind "--"`)
	case dash >= 0:
		o.command = args[dash:]
	}
	return nil
}

// wantsAdvertised reports whether a command reaches the members by their advertised addresses unless --advertised is given:
// etcdctl does, because it connects to nothing else. Its make-mirror does not, because it connects to a second etcd.
func wantsAdvertised(command []string) bool {
	return len(command) > 0 && strings.TrimSuffix(filepath.Base(command[0]), ".exe") == "etcdctl" && !slices.Contains(command, "make-mirror")
}

// completeProxy completes NAME, and the words of COMMAND with files.
func completeProxy(f *cli.Factory) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if dash := cmd.ArgsLenAtDash(); dash >= 0 && dash < len(args) {
			return cli.AnyFile(cmd, args, typed)
		}
		return f.CompleteName(cmd, args, typed)
	}
}

func (o *proxyOptions) validate() error {
	switch {
	case o.session.Port < 0 || o.session.Port > 65535:
		return fmt.Errorf("--port %d is no port", o.session.Port)
	case o.Output != "" && len(o.command) > 0:
		return errors.New("--output is for what is printed without a command")
	case o.readyFile != "" && len(o.command) > 0:
		return errors.New("--ready-file is for what is printed without a command, which begins when members can be reached")
	case o.advertised && len(o.command) == 0:
		return errors.New("--advertised is for a command (set HTTPS_PROXY to what KUBECTL_ETCD_CONNECT_PROXY has, for the program that is to use it)")
	}
	return nil
}

// checkReadyFile returns an error if the file could not be written, or if it exists: a script would take it for ready.
func (o *proxyOptions) checkReadyFile() error {
	if o.readyFile == "" {
		return nil
	}
	if _, err := os.Lstat(o.readyFile); err == nil {
		return fmt.Errorf("--ready-file %q is there already, and whoever waits for it would take that for ready (remove it, or name another)", o.readyFile)
	}
	folder := filepath.Dir(o.readyFile)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("--ready-file %q cannot be written: there is no folder %q (make it first)", o.readyFile, folder)
	}
	return nil
}

func (o *proxyOptions) run(ctx context.Context) error { return cli.OwnStatus(o.proxy(ctx)) }

func (o *proxyOptions) proxy(ctx context.Context) error {
	env, err := o.Env()
	if err != nil {
		return err
	}
	if err := o.checkReadyFile(); err != nil {
		return err
	}
	if env.Target.Name, err = o.ClusterName(o.args); err != nil {
		return err
	}
	if o.session.Cluster, err = cluster.FindServing(ctx, env.Kube, env.Target); err != nil {
		return err
	}
	if err := o.prepare(ctx, env); err != nil {
		return err
	}
	open, err := o.session.Open(ctx)
	if err != nil {
		return err
	}
	defer open.Close()
	if len(o.command) > 0 {
		return open.Run(ctx, proxy.Command{Args: o.command, Streams: o.IOStreams}, o.advertised)
	}
	return o.serve(ctx, env, open)
}

// serve prints the addresses and serves until ctx ends. A client that connects before it accepts waits in the kernel's queue.
func (o *proxyOptions) serve(ctx context.Context, env lifecycle.Env, open *proxy.Open) error {
	s := o.session
	doc := proxyReport(s.Cluster, open)
	if err := o.Print(render.Proxy(doc)); err != nil {
		return err
	}
	if open.Environment.Password != "" {
		env.Progress.Step("the password of etcd user %q is not printed: export ETCDCTL_PASSWORD, or run the client behind \"--\"", open.Environment.User)
	}
	env.Progress.Step("serving etcd cluster %s/%s at %s (Ctrl-C ends it)", s.Cluster.Namespace, s.Cluster.Name, open)
	if o.readyFile != "" {
		var text bytes.Buffer
		if err := render.Print(&text, render.Proxy(doc), render.Format(o.Output), false); err != nil {
			return err
		}
		if err := files.Write(o.readyFile, text.Bytes()); err != nil {
			return err
		}
		defer func() { _ = os.Remove(o.readyFile) }()
	}
	open.Serve(ctx)
	return nil
}

// prepare completes the session: how the members are reached, and the credentials. It fails if credentials that the user gave
// cannot be read. Without credentials of the cluster it goes on, because a client may bring its own: the session says so.
func (o *proxyOptions) prepare(ctx context.Context, env lifecycle.Env) error {
	s := &o.session
	env.Remark(s.Cluster)
	var err error
	s.Credentials, err = credentials.Find(ctx, env.Kube, s.Cluster, env.Credentials)
	if err != nil && o.Credentials.Given() {
		return err
	}
	s.Find = func(ctx context.Context) (*credentials.Set, error) {
		return credentials.Find(ctx, env.Kube, s.Cluster, env.Credentials)
	}
	s.Ways, err = guardedWays(ctx, env, s)
	if err != nil {
		return err
	}
	s.Files = proxy.Files{CA: o.Credentials.CACert, Cert: o.Credentials.Cert, Key: o.Credentials.Key}
	s.SkipVerify = o.Credentials.SkipVerify
	s.InPod = func(ctx context.Context, m cluster.Member) bool {
		return etcdctl.CanShow(ctx, env.Kube, s.Cluster.Namespace, m)
	}
	s.Limit, s.Note = o.MemberTimeout, env.Progress.Step
	return nil
}

func proxyReport(c *cluster.Cluster, open *proxy.Open) report.Proxy {
	e := open.Environment
	doc := report.Proxy{Head: report.NewHead("Proxy", c.Namespace, c.Name), Endpoints: e.Endpoints, HTTPEndpoints: e.HTTP, ConnectProxy: e.Connect}
	for _, port := range open.Ports {
		doc.Members = append(doc.Members, report.ProxyMember{
			Name: port.Member.Name, Address: port.Address(), HTTPAddress: open.HTTPOf(port).Address(),
		})
	}
	return doc.WithVariables(e.Variables(false))
}
