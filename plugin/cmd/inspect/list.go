package inspect

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// listOptions are the options of "list".
type listOptions struct {
	*cli.Factory
	all bool // --all-namespaces
}

func newList(f *cli.Factory, run func(*listOptions, context.Context) error) *cobra.Command {
	o := &listOptions{Factory: f}
	cmd := &cobra.Command{
		Use:     "list",
		Aliases: []string{"ls"},
		Short:   "List the etcd clusters of a namespace, or of all namespaces",
		Long: `List the etcd clusters of a namespace, or with -A of all namespaces, no matter who deployed them: StatefulSets, an
operator's pods, static pods of the control plane, bare pods. They are recognized by the commands, arguments, environment
variables and images of their containers.

No request is sent to etcd: READY counts pods, and VERSION is the image's tag. Only the members know whether the pods of
one object are of one cluster: "kubectl etcd status" asks them.`,
		Example: `  kubectl etcd list
  kubectl etcd list -A -o json`,
		Args: cobra.NoArgs,
		RunE: f.WithLimit(cli.ReadLimit, func(ctx context.Context, _ []string) error {
			if f.Target.Selector != "" || f.Target.Container != "" || f.Target.ClientPort != 0 {
				return cli.Usage(errListsAll)
			}
			return run(o, ctx)
		}),
	}
	cmd.Flags().BoolVarP(&o.all, "all-namespaces", "A", false, "list the clusters of all namespaces")
	f.AddOutputFlag(cmd)
	return cmd
}

// errListsAll rejects flags that select pods: list would ignore them.
var errListsAll = errors.New("list does not take --selector, --container or --client-port: it lists every etcd cluster that it recognizes " +
	"(for a cluster that is not recognized, pass them to \"kubectl etcd status\")")

func (o *listOptions) run(ctx context.Context) error {
	env, err := o.Env()
	if err != nil {
		return err
	}
	namespace := env.Target.Namespace
	if o.all {
		namespace = ""
	}
	found, err := cluster.List(ctx, env.Kube, namespace, o.Target.Name)
	if err != nil {
		return err
	}
	if len(found) == 0 && !render.Format(o.Output).Machine() {
		o.Say("%s", nothingFound(o.Target.Name, namespace))
		return nil
	}
	return o.Print(render.List(listReport(found, o.all)))
}

func nothingFound(name, namespace string) string {
	what := "No etcd cluster"
	if name != "" {
		what += fmt.Sprintf(" %q", name)
	}
	if namespace == "" {
		return what + " found in any namespace."
	}
	return fmt.Sprintf("%s found in namespace %q (-A searches all namespaces).", what, namespace)
}

func listReport(found []cluster.Summary, all bool) report.List {
	list := report.List{Meta: report.NewMeta("List"), All: all, Clusters: []report.Listed{}}
	for _, b := range found {
		row := report.Listed{
			Name: b.Name, Namespace: b.Namespace, Ready: b.Ready, Members: b.Members, Version: b.Version, NotPulled: b.NotPulled, Seal: b.Seal.String(),
			Owner: report.Owner{Kind: string(b.Owner.Kind), Name: b.Owner.Name, Text: b.Owner.String()},
		}
		if b.Scheme != "" {
			tls := b.Scheme == "https"
			row.ClientTLS = &tls
		}
		if b.Incomplete {
			row.Incomplete, list.Incomplete = true, []string{cluster.ConfigMapsForbidden}
		}
		list.Clusters = append(list.Clusters, row)
	}
	return list
}
