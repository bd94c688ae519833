// Package cli has what all commands share: streams, flags, resolving the target, deadlines, confirmation, completion, errors
// with a remedy, and printing.
package cli

import (
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// The deadlines of a whole command without --timeout.
const (
	ReadLimit   = 30 * time.Second
	ChangeLimit = 5 * time.Minute
	NoLimit     = 0
)

// Factory holds the flags that every command takes, and the streams. Commands get their clients and their target from it.
type Factory struct {
	genericiooptions.IOStreams
	config        *genericclioptions.ConfigFlags
	Target        cluster.Target // from --etcd, --selector, --container and --client-port
	member        string         // from --member: the only one to send requests to, or ""
	Credentials   credentialFlags
	timeout       time.Duration
	MemberTimeout time.Duration
	queue         time.Duration
	program       credentialProgram
	Output        string
	color         string
	Groups        []flagGroup // these flags, as help groups them
}

// NewFactory returns a Factory whose flags are not parsed yet.
func NewFactory(streams genericiooptions.IOStreams) *Factory {
	return &Factory{IOStreams: streams, config: genericclioptions.NewConfigFlags(true)}
}

// AddFlags adds the flags of every command to cmd, in the groups that help shows.
func (f *Factory) AddFlags(cmd *cobra.Command) {
	for _, g := range []struct {
		title string
		add   func(*pflag.FlagSet)
	}{
		{"Which etcd cluster (kubectl etcd help discovery):", f.addTargetFlags},
		{"Credentials for etcd (kubectl etcd help credentials):", f.Credentials.add},
		{"Deadlines and colours:", f.addTimeoutAndColorFlags},
		{"kubectl's flags:", f.config.AddFlags},
	} {
		flags := pflag.NewFlagSet("", pflag.ContinueOnError)
		g.add(flags)
		f.Groups = append(f.Groups, flagGroup{g.title, flags})
		cmd.PersistentFlags().AddFlagSet(flags)
	}
}

// addTimeoutAndColorFlags adds the flags of every command that are about neither the target nor credentials.
func (f *Factory) addTimeoutAndColorFlags(flags *pflag.FlagSet) {
	flags.DurationVar(&f.timeout, "timeout", 0, "deadline of the whole command (default 30s for reads, 5m for changes, none for watch)")
	flags.DurationVar(&f.MemberTimeout, "member-timeout", 3*time.Second, "how long one member may take to answer")
	flags.StringVar(&f.color, "color", "auto", "colour states: auto, always or never")
}

// addTargetFlags adds the flags that select the cluster, and those that replace what its pods do not show.
func (f *Factory) addTargetFlags(flags *pflag.FlagSet) {
	flags.StringVar(&f.Target.Name, "etcd", "", "name of the etcd cluster, or KIND/NAME of the object that owns its pods; required if the namespace has several clusters")
	flags.StringVar(&f.Target.Selector, "selector", "", "label selector of the cluster's pods, if they are not recognized")
	flags.StringVar(&f.Target.Container, "container", "", "the container that runs etcd, if it is not recognized")
	flags.IntVar(&f.Target.ClientPort, "client-port", 0, "the port in the pod where etcd serves clients, if it cannot be detected")
}

// AddOutputFlag adds -o to a command that prints a report.
func (f *Factory) AddOutputFlag(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.Output, "output", "o", "", "output format: wide, name, json, yaml or jsonpath=TEMPLATE (default a table)")
	CompleteFlags(cmd, map[string]cobra.CompletionFunc{"output": completeFormat})
}

// AddQueueFlag adds --queue to a command that takes the cluster's operation Lease: how long to wait for its holder.
func (f *Factory) AddQueueFlag(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.queue, "queue", 0, "how long to wait for another operation on the cluster to end, instead of failing at once; the default --timeout grows by the same time")
}

// AddMemberFlag adds --member to flags, for a command that otherwise uses any member that answers.
func (f *Factory) AddMemberFlag(cmd *cobra.Command, flags *pflag.FlagSet) {
	flags.StringVar(&f.member, "member", "", "send requests to this member only (the name of the member or of its pod)")
	CompleteFlags(cmd, map[string]cobra.CompletionFunc{"member": f.CompleteMember()})
}

// flagGroup is a titled group of the flags that every command takes.
type flagGroup struct {
	Title string
	Flags *pflag.FlagSet
}
