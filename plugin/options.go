package plugin

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/moby/term"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// The deadlines of a whole command, where --timeout gives none.
const (
	readLimit  = 30 * time.Second
	changeWait = 5 * time.Minute
	noLimit    = 0
)

// options are the flags that every command takes, and the streams it speaks to.
type options struct {
	genericiooptions.IOStreams
	config        *genericclioptions.ConfigFlags
	query         cluster.Target // Name and what settles the rest
	member        string         // the only one to speak with, or ""
	credentials   credentialFlags
	timeout       time.Duration
	memberTimeout time.Duration
	queue         time.Duration
	program       credentialProgram
	output        string
	color         string
	groups        []flagGroup // all of these flags, as help shows them
}

func (o *options) addFlags(cmd *cobra.Command) {
	for _, g := range []struct {
		title string
		add   func(*pflag.FlagSet)
	}{
		{"Which etcd is meant (kubectl etcd help discovery):", o.addQuery},
		{"How etcd lets it in (kubectl etcd help credentials):", o.credentials.add},
		{"How long it may take, and how it looks:", o.addManners},
		{"kubectl's own:", o.config.AddFlags},
	} {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		g.add(flags)
		o.groups = append(o.groups, flagGroup{g.title, flags})
		cmd.PersistentFlags().AddFlagSet(flags)
	}
}

// addManners adds the flags of every command that are neither about which cluster nor about credentials.
func (o *options) addManners(flags *pflag.FlagSet) {
	flags.DurationVar(&o.timeout, "timeout", 0, "deadline of the whole command (default 30s for reads, 5m for changes, none for watch)")
	flags.DurationVar(&o.memberTimeout, "member-timeout", 3*time.Second, "how long one member may take to answer")
	flags.StringVar(&o.color, "color", "auto", "colour states: auto, always or never")
}

// addQuery adds the flags that say which cluster is meant, and settle what its pods do not tell.
func (o *options) addQuery(flags *pflag.FlagSet) {
	flags.StringVar(&o.query.Name, "etcd", "", "the etcd cluster, or KIND/NAME of what makes its pods; needed where the namespace has several")
	flags.StringVar(&o.query.Selector, "selector", "", "label selector of the cluster's pods, where they are not recognized")
	flags.StringVar(&o.query.Container, "container", "", "the container that runs etcd, where it is not recognized")
	flags.IntVar(&o.query.ClientPort, "client-port", 0, "the port that etcd serves clients on in its pod, where it cannot be told")
}

// addOutput gives a command that reports its -o flag.
func (o *options) addOutput(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.output, "output", "o", "", "output format: wide, name, json, yaml or jsonpath=TEMPLATE (a table without it)")
	completeFlags(cmd, map[string]cobra.CompletionFunc{"output": completeFormat})
}

// addQueue gives a command that holds a cluster's operation Lease its flag to wait for another one.
func (o *options) addQueue(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&o.queue, "queue", 0, "how long to wait for another operation on the cluster to end, in place of being refused; the default --timeout grows by as much")
}

// addMember gives a command that speaks with whichever member answers a flag to speak with one alone.
func (o *options) addMember(cmd *cobra.Command, flags *pflag.FlagSet) {
	flags.StringVar(&o.member, "member", "", "speak with this member alone (the name of the member or of its pod)")
	completeFlags(cmd, map[string]cobra.CompletionFunc{"member": o.completeMember()})
}

// run is what a command does once its flags are parsed.
type run func(ctx context.Context, args []string) error

// withLimit makes a cobra RunE that bounds the command by --timeout, or by limit where that is not given; noLimit
// lets it go on until it is interrupted.
func (o *options) withLimit(limit time.Duration, f run) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := o.validate(); err != nil {
			return usageError{err}
		}
		ctx, grace := cmd.Context(), time.Duration(0)
		if limit == noLimit { // such commands put things in order at their end
			grace = programGrace
		}
		limit := o.limit(limit)
		if limit != noLimit {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, limit, timeoutError{limit: limit})
			defer cancel()
		}
		defer o.program.endWith(ctx, grace)()
		err := o.program.timedOut(ctx, f(ctx, args))
		if limit != noLimit && errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil && !errors.As(err, &timeoutError{}) {
			return timeoutError{limit: limit, err: err}
		}
		return err
	}
}

// limit is the deadline of a command that has usual where --timeout gives none. What it waits for another operation comes
// on top of that.
func (o *options) limit(usual time.Duration) time.Duration {
	switch {
	case o.timeout > 0:
		return o.timeout
	case usual == noLimit:
		return noLimit
	}
	return usual + o.queue
}

func (o *options) validate() error {
	switch {
	case o.queue < 0:
		return fmt.Errorf("--queue %s is negative", o.queue)
	case o.timeout > 0 && o.queue >= o.timeout:
		return fmt.Errorf("--queue %s is as long as --timeout %s, which bounds the whole command: nothing is left for the operation itself (give a longer --timeout)", o.queue, o.timeout)
	case o.query.ClientPort < 0 || o.query.ClientPort > 65535:
		return fmt.Errorf("--client-port %d is no port", o.query.ClientPort)
	case o.timeout < 0:
		return fmt.Errorf("--timeout %s is negative", o.timeout)
	case o.memberTimeout <= 0:
		return fmt.Errorf("--member-timeout %s must be positive", o.memberTimeout)
	case o.color != "auto" && o.color != "always" && o.color != "never":
		return fmt.Errorf("--color %q is none of auto, always, never", o.color)
	}
	if err := cluster.CheckName(o.query.Name); err != nil {
		return fmt.Errorf("--etcd %w", err)
	}
	if _, err := labels.Parse(o.query.Selector); err != nil {
		return fmt.Errorf("--selector %q: %w", o.query.Selector, err)
	}
	return report.Format(o.output).Validate()
}

// name returns the cluster's name from the positional or from --etcd.
func (o *options) name(args []string) (string, error) {
	if len(args) == 0 {
		return o.query.Name, nil
	}
	if err := cluster.CheckName(args[0]); err != nil {
		return "", usageError{err}
	}
	if o.query.Name != "" && o.query.Name != args[0] {
		return "", usageError{fmt.Errorf("NAME %q and --etcd %q differ (give one of them)", args[0], o.query.Name)}
	}
	return args[0], nil
}

// envOf resolves kubectl's flags for the cluster that NAME or --etcd says.
func (o *options) envOf(args []string) (lifecycle.Env, error) {
	name, err := o.name(args)
	if err != nil {
		return lifecycle.Env{}, err
	}
	return o.envNamed(name)
}

// envNamed is env for the cluster of that name.
func (o *options) envNamed(name string) (lifecycle.Env, error) {
	env, err := o.env()
	env.Target.Name = name
	return env, err
}

// env resolves kubectl's flags, for the cluster that --etcd says.
func (o *options) env() (lifecycle.Env, error) {
	given, err := o.credentials.read()
	if err != nil {
		return lifecycle.Env{}, err
	}
	namespace, _, err := o.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return lifecycle.Env{}, err
	}
	config, err := o.restConfig()
	if err != nil {
		return lifecycle.Env{}, err
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return lifecycle.Env{}, err
	}
	target := o.query
	target.Namespace, target.KubectlFlags = namespace, o.reach()
	return lifecycle.Env{
		Kube: kube, Config: config, Target: target, Credentials: given,
		Member: o.member, MemberLimit: o.memberTimeout, Queue: o.queue, Progress: report.NewProgress(o.ErrOut),
	}, nil
}

// reach returns those of kubectl's flags that say which Kubernetes is meant and as whom, as they are to be typed again.
// What is a secret is not among them.
func (o *options) reach() string {
	text := ""
	for _, flag := range []struct {
		name  string
		value *string
	}{
		{"kubeconfig", o.config.KubeConfig},
		{"context", o.config.Context},
		{"cluster", o.config.ClusterName},
		{"user", o.config.AuthInfoName},
		{"server", o.config.APIServer},
		{"as", o.config.Impersonate},
	} {
		if flag.value != nil && *flag.value != "" {
			text += " --" + flag.name + " " + report.Word(*flag.value)
		}
	}
	return text
}

// look opens the cluster that NAME or --etcd says, asks its members, and closes when f is through.
func (o *options) look(ctx context.Context, args []string, f func(*lifecycle.View) error) error {
	env, err := o.envOf(args)
	if err != nil {
		return err
	}
	return with(ctx, env, lifecycle.Env.Look, func(v *lifecycle.View) error {
		err := f(v)
		if v.Cut != nil && (err == nil || errors.As(err, &badNews{})) {
			return v.Cut
		}
		return err
	})
}

// open opens the cluster that --etcd says to read or write its keys, without asking its members for their status.
func (o *options) open(ctx context.Context, f func(*lifecycle.View) error) error {
	env, err := o.env()
	if err != nil {
		return err
	}
	return with(ctx, env, lifecycle.Env.OpenServing, f)
}

// see is one of the two ways to open a cluster.
type see func(lifecycle.Env, context.Context) (*lifecycle.View, error)

func with(ctx context.Context, env lifecycle.Env, s see, f func(*lifecycle.View) error) error {
	view, err := s(env, ctx)
	if err != nil {
		return err
	}
	defer view.Close()
	return f(view)
}

// print writes a report to stdout in the format asked for.
func (o *options) print(doc report.Document) error {
	return report.Print(o.Out, doc, report.Format(o.output), o.coloured())
}

// say tells a person something on stderr.
func (o *options) say(format string, args ...any) {
	fmt.Fprintln(o.ErrOut, report.EscapeText(fmt.Sprintf(format, args...)))
}

// coloured follows --color, then NO_COLOR (https://no-color.org), then whether stdout is a terminal.
func (o *options) coloured() bool {
	if o.color != "auto" {
		return o.color == "always"
	}
	return o.terminal() && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

// terminal reports whether stdout is one: what is printed there is made harmless and readable.
func (o *options) terminal() bool {
	_, terminal := term.GetFdInfo(o.Out)
	return terminal
}
