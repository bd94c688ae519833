package deploy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// renderOptions are the options of "render".
type renderOptions struct {
	*cli.Factory
	manifestFlags
	export string // --export: the folder to write to, or ""
}

func newRender(f *cli.Factory, run func(*renderOptions, context.Context) error) *cobra.Command {
	o := &renderOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "render [NAME]",
		Short: "Print the manifests, or export them as a kustomization",
		Long: `Print the manifests, or export them as a kustomization.

No request is sent to a Kubernetes cluster: the same flags always give the same bytes. --export writes a folder for you
to commit and change. Plain "kubectl kustomize" builds the same bytes from it.`,
		Example: `  kubectl etcd render --overlay gke | kubectl apply -f -
  kubectl etcd render orders -n shop --overlay eks --replicas 5 --export ./orders`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: f.CompleteName,
	}
	cmd.RunE = f.WithLimit(cli.ReadLimit, func(ctx context.Context, args []string) error {
		o.complete(cmd.Flags())
		if err := o.resolveChoice(args); err != nil {
			return err
		}
		return run(o, ctx)
	})
	o.addChoices(cmd.Flags())
	completeChoices(f, cmd)
	cmd.Flags().StringVar(&o.export, "export", "", "write a kustomization into this folder instead, which must be new or empty")
	cli.CompleteFlags(cmd, map[string]cobra.CompletionFunc{"export": cli.AnyFolder})
	return cmd
}

// resolveChoice adds the cluster's name and namespace to the choices, and validates them.
func (o *renderOptions) resolveChoice(args []string) error {
	name, err := o.ClusterName(args)
	if err != nil {
		return err
	}
	if name, err = cluster.StatefulSetName(name); err != nil {
		return err
	}
	// Only a namespace that was given is written into the manifests. Otherwise they are applied in the current one.
	choice, err := o.options(name, o.GivenNamespace())
	if err != nil {
		return err
	}
	o.choice = secureByDefault(choice)
	if err := o.choice.Validate(); err != nil {
		return cli.Usage(err)
	}
	return nil
}

func (o *renderOptions) run(context.Context) error {
	manifests, err := kustomize.Render(o.choice)
	if err != nil {
		return cli.Usage(err)
	}
	for _, note := range manifests.Notes {
		o.Say("note: %s", note)
	}
	if o.choice.TLS == kustomize.TLSAuto {
		o.Say("note: the manifests do not contain the certificates: \"kubectl etcd certs create\" creates them, and \"up\" does so itself")
	}
	if o.export != "" {
		return exportTo(o.export, o.choice, files.Write)
	}
	_, err = render.TerminalSafe(o.Out).Write(manifests.YAML)
	return err
}

// topFile is the root file of a kustomization.
const topFile = "kustomization.yaml"

// exportTo writes a kustomization into dir, which must be empty or new: files in it may be the user's work. It writes topFile
// last, so that kustomize rejects an incomplete export instead of building a part of it.
func exportTo(dir string, choice kustomize.Options, write func(path string, data []byte) error) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	if len(entries) > 0 {
		return cli.Usage(fmt.Errorf("folder %q is not empty (export into a new one)", dir))
	}
	var top []byte
	err = kustomize.Export(choice, func(name string, data []byte) error {
		if name == topFile {
			top = data
			return nil
		}
		target := filepath.Join(dir, filepath.FromSlash(name))
		if err := files.MakeFolder(filepath.Dir(target)); err != nil {
			return err
		}
		return write(target, data)
	})
	if err == nil {
		err = write(filepath.Join(dir, topFile), top)
	}
	if err != nil {
		return fmt.Errorf("%w (folder %q is incomplete: remove it, and export again)", err, dir)
	}
	return nil
}
