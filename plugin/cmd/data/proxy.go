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
		Short: "Open local ports to the members, or run a command with them",
		Long: `Open a port on 127.0.0.1 for each member, and serve until Ctrl-C. Each connection to a port is forwarded to its member,
also after that member restarted. TLS passes through: the client speaks it with the member itself. If etcd serves HTTP
(/health, the JSON gateway) apart from gRPC, each member gets another port for HTTP.

The settings for a client are printed as lines for a shell, in etcdctl's variables: the endpoints, and the files with
the certificates. The files exist while the proxy runs, and are written again when the cluster's certificates are
renewed. A password is never printed. KUBECTL_ETCD_HTTP_ENDPOINTS has the endpoints for HTTP.

They are printed once clients can connect. For a script, --ready-file also writes them to a file, atomically: once the
file exists, clients can connect. The file is removed when the proxy ends.

With COMMAND nothing is printed. COMMAND runs with these variables, including the password, and its exit status becomes
the proxy's. The proxy passes SIGTERM on to COMMAND, and leaves Ctrl-C to it.

Members advertise addresses that only pods can resolve, and "etcdctl endpoint status --cluster" connects to those.
KUBECTL_ETCD_CONNECT_PROXY is an HTTP proxy that connects to these addresses and no others. If COMMAND is etcdctl,
HTTPS_PROXY is set to it. --advertised does the same for any other COMMAND, whose other connections are then refused.

Every user of this machine can connect to the ports, as with "kubectl port-forward".`,
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
	cmd.Flags().StringVar(&o.session.Member, "member", "", "open a port to this member only")
	cmd.Flags().IntVar(&o.session.Port, "port", 0, "port of the first member; the other members get the next ports, then come those for HTTP (default free ports)")
	cmd.Flags().StringVar(&o.readyFile, "ready-file", "", "also write the output to this file once clients can connect, and remove it at the end")
	cmd.Flags().BoolVar(&o.advertised, "advertised", false, "let COMMAND reach the members at the addresses that they advertise, and nothing else (default for etcdctl)")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"member": f.CompleteMemberOf(), "ready-file": cli.AnyFile})
	f.AddOutputFlag(cmd)
	return cmd
}

// split checks the arguments, and takes COMMAND from those after "--".
func (o *proxyOptions) split(cmd *cobra.Command, args []string) error {
	dash := cmd.ArgsLenAtDash()
	switch {
	case dash < 0 && len(args) > 1, dash > 1:
		return errors.New(`a command must follow "--"`)
	case dash >= 0 && dash == len(args):
		return errors.New(`no command follows "--"`)
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
		return fmt.Errorf("--port %d is not a port (use 1 to 65535)", o.session.Port)
	case o.Output != "" && len(o.command) > 0:
		return errors.New("--output cannot be combined with a command: nothing is printed then")
	case o.readyFile != "" && len(o.command) > 0:
		return errors.New("--ready-file cannot be combined with a command: the command starts once members can be reached")
	case o.advertised && len(o.command) == 0:
		return errors.New("--advertised needs a command (or set HTTPS_PROXY to the value of KUBECTL_ETCD_CONNECT_PROXY for your program)")
	}
	return nil
}

// checkReadyFile returns an error if the file could not be written, or if it exists: a script would take it for ready.
func (o *proxyOptions) checkReadyFile() error {
	if o.readyFile == "" {
		return nil
	}
	if _, err := os.Lstat(o.readyFile); err == nil {
		return fmt.Errorf("--ready-file %q exists already, and a script that waits for it would not wait (remove it, or name another)", o.readyFile)
	}
	folder := filepath.Dir(o.readyFile)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("--ready-file %q cannot be written: folder %q does not exist (create it first)", o.readyFile, folder)
	}
	return nil
}

func (o *proxyOptions) run(ctx context.Context) error { return cli.ProgramStatus(o.proxy(ctx)) }

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
		env.Progress.Step("the password of etcd user %q is not printed: export ETCDCTL_PASSWORD, or run the client after \"--\"", open.Environment.User)
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
	env.NoteCredentials(s.Cluster)
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
