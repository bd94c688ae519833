// Package cli has what every command shares: the streams, kubectl's flags and those of every command, the target, deadlines,
// confirmation, completion, errors that say what to do, and printing.
package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// The deadlines of a whole command, where --timeout gives none.
const (
	ReadLimit   = 30 * time.Second
	ChangeLimit = 5 * time.Minute
	NoLimit     = 0
)

// Factory are the flags that every command takes, and the streams it speaks to.
type Factory struct {
	genericiooptions.IOStreams
	config        *genericclioptions.ConfigFlags
	Query         cluster.Target // Name and what settles the rest
	member        string         // the only one to speak with, or ""
	Credentials   credentialFlags
	timeout       time.Duration
	MemberTimeout time.Duration
	queue         time.Duration
	program       credentialProgram
	Output        string
	color         string
	Groups        []flagGroup // all of these flags, as help shows them
}

// NewFactory returns the options before any command line was parsed.
func NewFactory(streams genericiooptions.IOStreams) *Factory {
	return &Factory{IOStreams: streams, config: genericclioptions.NewConfigFlags(true)}
}

// AddFlags adds the flags of every command, by groups that help shows.
func (o *Factory) AddFlags(cmd *cobra.Command) {
	for _, g := range []struct {
		title string
		add   func(*pflag.FlagSet)
	}{
		{"Which etcd is meant (kubectl etcd help discovery):", o.addQuery},
		{"How etcd lets it in (kubectl etcd help credentials):", o.Credentials.add},
		{"How long it may take, and how it looks:", o.addManners},
		{"kubectl's own:", o.config.AddFlags},
	} {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		g.add(flags)
		o.Groups = append(o.Groups, flagGroup{g.title, flags})
		cmd.PersistentFlags().AddFlagSet(flags)
	}
}

// addManners adds the flags of every command that are neither about which cluster nor about credentials.
func (o *Factory) addManners(flags *pflag.FlagSet) {
	flags.DurationVar(&o.timeout, "timeout", 0, "deadline of the whole command (default 30s for reads, 5m for changes, none for watch)")
	flags.DurationVar(&o.MemberTimeout, "member-timeout", 3*time.Second, "how long one member may take to answer")
	flags.StringVar(&o.color, "color", "auto", "colour states: auto, always or never")
}

// addQuery adds the flags that say which cluster is meant, and settle what its pods do not tell.
func (o *Factory) addQuery(flags *pflag.FlagSet) {
	flags.StringVar(&o.Query.Name, "etcd", "", "the etcd cluster, or KIND/NAME of what makes its pods; needed where the namespace has several")
	flags.StringVar(&o.Query.Selector, "selector", "", "label selector of the cluster's pods, where they are not recognized")
	flags.StringVar(&o.Query.Container, "container", "", "the container that runs etcd, where it is not recognized")
	flags.IntVar(&o.Query.ClientPort, "client-port", 0, "the port that etcd serves clients on in its pod, where it cannot be told")
}

// AddOutputFlag gives a command that reports its -o flag.
func (o *Factory) AddOutputFlag(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&o.Output, "output", "o", "", "output format: wide, name, json, yaml or jsonpath=TEMPLATE (a table without it)")
	CompleteFlags(cmd, map[string]cobra.CompletionFunc{"output": completeFormat})
}

// AddQueueFlag gives a command that holds a cluster's operation Lease its flag to wait for another one.
func (o *Factory) AddQueueFlag(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&o.queue, "queue", 0, "how long to wait for another operation on the cluster to end, in place of being refused; the default --timeout grows by as much")
}

// AddMemberFlag gives a command that speaks with whichever member answers a flag to speak with one alone.
func (o *Factory) AddMemberFlag(cmd *cobra.Command, flags *pflag.FlagSet) {
	flags.StringVar(&o.member, "member", "", "speak with this member alone (the name of the member or of its pod)")
	CompleteFlags(cmd, map[string]cobra.CompletionFunc{"member": o.CompleteMember()})
}

// flagGroup is a part of the flags that every command takes.
type flagGroup struct {
	Title string
	Flags *pflag.FlagSet
}
