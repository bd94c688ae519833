package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
)

// manifestFlags are the choices about a cluster's manifests that render, up and diff have in common.
type manifestFlags struct {
	choice   kustomize.Options
	expose   string
	replicas *pflag.Flag // an explicit 0 is a mistake, not the default
}

func (m *manifestFlags) addChoices(flags *pflag.FlagSet) {
	flags.StringVar(&m.choice.Overlay, "overlay", "", "overlay to build (see \"kubectl etcd overlays\")")
	flags.IntVar(&m.choice.Replicas, "replicas", 0, "member count: 1, 3, 5 or 7 (default 3)")
	m.replicas = flags.Lookup("replicas")
	flags.StringVar(&m.choice.Storage, "storage", "", "size of each member's volume (default 8Gi)")
	flags.StringVar(&m.choice.StorageClass, "storage-class", "", "an existing StorageClass instead of the overlay's own")
	flags.StringVar(&m.choice.EtcdVersion, "etcd-version", "", "etcd's version, 3.6 or later (default 3.7.3)")
	flags.StringVar(&m.choice.Image, "image", "", "repository of the etcd image without a tag, for mirrors")
	flags.StringVar(&m.expose, "expose", "", "who reaches the client Service: none, internal or public (default none)")
	flags.BoolVar(&m.choice.Force, "force", false, "allow what is refused as unwise: even member counts, more than 7, small volumes")
}

// options returns the choices for a cluster of that name.
func (m *manifestFlags) options(name, namespace string) (kustomize.Options, error) {
	o := m.choice
	o.Name, o.Namespace, o.Expose = name, namespace, kustomize.Exposure(m.expose)
	if m.replicas.Changed && o.Replicas == 0 {
		return o, usageError{errors.New("invalid member count 0 (use 1, 3, 5 or 7)")}
	}
	return o, nil
}

// render builds the manifests for a cluster that may exist: what is not chosen stays as the cluster has it, and the
// overlay follows from the nodes.
func (m *manifestFlags) render(ctx context.Context, env lifecycle.Env, name string) (*kustomize.Manifests, error) {
	o, err := m.options(name, env.Namespace)
	if err != nil {
		return nil, err
	}
	// What the user typed is checked as typed, before the Kubernetes cluster is asked anything about it.
	if err := m.precheck(o); err != nil {
		return nil, usageError{err}
	}
	existing, err := env.Existing(ctx, name)
	if err != nil {
		return nil, err
	}
	o = o.Keep(has(existing))
	if o.Overlay == "" {
		if o.Overlay, err = detect(ctx, env); err != nil {
			return nil, err
		}
		env.Progress.Step("overlay %s, by the providerID of the nodes (choose another with --overlay)", o.Overlay)
	}
	manifests, err := kustomize.Render(o)
	if err != nil {
		return nil, usageError{err}
	}
	for _, note := range manifests.Notes {
		env.Progress.Step("note: %s", note)
	}
	return manifests, nil
}

// precheck validates the choices with any overlay, where none was given.
func (m *manifestFlags) precheck(o kustomize.Options) error {
	if o.Overlay == "" {
		o.Overlay = localOverlay
	}
	return o.Validate()
}

// localOverlay is the overlay that makes no assumption about a cloud.
const localOverlay = "local"

// detect picks the overlay by the nodes.
func detect(ctx context.Context, env lifecycle.Env) (string, error) {
	ids, err := env.NodeProviders(ctx)
	if err != nil {
		return "", fmt.Errorf("%w (choose an overlay yourself with --overlay, see \"kubectl etcd overlays\")", err)
	}
	overlay, err := kustomize.Detect(ids)
	return overlay.Name, err
}

// has puts what exists into the terms of the choices.
func has(x lifecycle.Existing) kustomize.Options {
	o := kustomize.Options{Replicas: x.Replicas, Storage: x.Storage}
	if x.StatefulSet == nil {
		return o // the volumes bind to their claims, whatever class those were made with
	}
	o.StorageClass, o.EtcdVersion, o.Image = x.StorageClass, x.Version(), x.Repository()
	if x.Exposed {
		o.Expose = kustomize.ExposeInternal
	}
	return o
}
