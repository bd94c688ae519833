package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
)

// manifestFlags are the flags with the choices about a cluster's manifests, which "render", "up" and "diff" share.
type manifestFlags struct {
	choice    kustomize.Options
	noMembers bool // --replicas 0 was given: an error, unlike the default
}

func (m *manifestFlags) addChoices(flags *pflag.FlagSet) {
	flags.StringVar(&m.choice.Overlay, "overlay", "", "overlay to build (see \"kubectl etcd overlays\")")
	flags.IntVar(&m.choice.Replicas, "replicas", 0, "member count: 1, 3, 5 or 7 (default 3)")
	flags.StringVar(&m.choice.Storage, "storage", "", "size of each member's volume (default 8Gi, or the cloud's smallest size if that is larger)")
	flags.StringVar(&m.choice.Quota, "quota", "", "size of etcd's database at which it refuses writes, at most half of the volume (default 2Gi; etcd suggests at most 8Gi)")
	flags.StringVar(&m.choice.StorageClass, "storage-class", "", "an existing StorageClass instead of the overlay's own")
	flags.StringVar(&m.choice.EtcdVersion, "etcd-version", "", "etcd's version, 3.6 or later (default 3.7.3)")
	flags.StringVar(&m.choice.Image, "image", "", "repository of the etcd image without a tag, for mirrors")
	flags.StringVar((*string)(&m.choice.Expose), "expose", "", "load balancer of the client Service: none, internal or public (default none)")
	flags.StringVar((*string)(&m.choice.TLS), "tls", "", "source of the certificates for clients and peers: auto (created by \"up\" or \"certs create\"), cert-manager, secret (your own), or off: "+
		"plain text, so that anyone who reaches a pod can read and write (default auto)")
	flags.StringVar(&m.choice.Secrets.Server, "tls-server-secret", "", "with --tls secret: Secret with the certificate that members present to clients (default NAME-server-tls)")
	flags.StringVar(&m.choice.Secrets.Peer, "tls-peer-secret", "", "with --tls secret: Secret with the certificate that members present to each other (default NAME-peer-tls)")
	flags.StringVar(&m.choice.Secrets.Client, "tls-client-secret", "", "with --tls secret: Secret with the certificate that \"kubectl etcd\" presents to members (default NAME-client-tls)")
	flags.StringSliceVar(&m.choice.Names, "tls-san", nil, "more names and addresses for the server's certificate, such as a load balancer's")
	flags.BoolVar(&m.choice.NetworkPolicy, "network-policy", false, "allow connections to the members only from members, from pods labelled etcd.kubectl.dev/client-of=NAME, and for metrics from the namespace \"monitoring\"")
	flags.BoolVar(&m.choice.Drillable, "drillable", false, "let drills kill and pause etcd inside its pod; containers of the pod then see each other's processes")
	flags.BoolVar(&m.choice.Force, "force", false, "allow settings that are refused as unwise: even member counts, more than 7 members, small volumes, a quota too large for the volume")
}

// complete sets noMembers, which the flags' values do not show.
func (m *manifestFlags) complete(flags *pflag.FlagSet) {
	m.noMembers = flags.Changed("replicas") && m.choice.Replicas == 0
}

// options returns the choices for the cluster of that name and namespace.
func (m *manifestFlags) options(name, namespace string) (kustomize.Options, error) {
	o := m.choice
	o.Name, o.Namespace = name, namespace
	if m.noMembers {
		return o, cli.Usage(errors.New("invalid member count 0 (use 1, 3, 5 or 7)"))
	}
	return o, nil
}

// secureByDefault chooses TLSAuto if neither the user nor an existing cluster chose TLS.
func secureByDefault(o kustomize.Options) kustomize.Options {
	if o.TLS == "" {
		o.TLS = kustomize.TLSAuto
	}
	return o
}

// render builds the manifests for a cluster that may exist. Choices that are not given are those of the existing cluster, and
// the overlay is detected from the nodes.
func (m *manifestFlags) render(ctx context.Context, env lifecycle.Env) (bringup.Wanted, error) {
	o, err := m.options(env.Target.Name, env.Target.Namespace)
	if err != nil {
		return bringup.Wanted{}, err
	}
	// The flags are validated before the first request to the API server.
	if err := m.precheck(o); err != nil {
		return bringup.Wanted{}, cli.Usage(err)
	}
	existing, err := bringup.ReadExisting(ctx, env)
	if err != nil {
		return bringup.Wanted{}, err
	}
	o = secureByDefault(o.Keep(optionsOf(existing)))
	if o.Overlay == "" {
		if o.Overlay, err = detect(ctx, env); err != nil {
			return bringup.Wanted{}, err
		}
		env.Progress.Step("overlay %s, by the providerID of the nodes (choose another with --overlay)", o.Overlay)
	}
	manifests, err := kustomize.Render(o)
	if err != nil {
		return bringup.Wanted{}, cli.Usage(err)
	}
	for _, note := range manifests.Notes {
		env.Progress.Step("note: %s", note)
	}
	return bringup.Wanted{Objects: manifests.Objects, Names: cli.CertificateNames(env.Target.Name, env.Target.Name+"-client", env.Target.Namespace, o.Names)}, nil
}

// precheck validates the choices before the existing cluster's are added. A valid overlay and TLS replace missing ones.
func (m *manifestFlags) precheck(o kustomize.Options) error {
	if o.Overlay == "" {
		o.Overlay = kustomize.LocalOverlay
	}
	if o.TLS == "" && o.Secrets != (kustomize.Secrets{}) {
		o.TLS = kustomize.TLSSecret // the existing cluster may have chosen it
	}
	return secureByDefault(o).Validate()
}

// detect returns the name of the overlay for the nodes' providers.
func detect(ctx context.Context, env lifecycle.Env) (string, error) {
	ids, err := bringup.NodeProviders(ctx, env)
	if err != nil {
		return "", fmt.Errorf("%w (choose an overlay yourself with --overlay, see \"kubectl etcd overlays\")", err)
	}
	overlay, err := kustomize.Detect(ids)
	return overlay.Name, err
}

// optionsOf returns the choices by which an existing cluster was made.
func optionsOf(x bringup.Existing) kustomize.Options {
	o := kustomize.Options{
		Replicas: x.Replicas, Storage: x.Storage,
		Volume: x.Volume, Quota: kustomize.QuotaOf(x.Quota),
		TLS: kustomize.TLS(x.Source), Names: x.ExtraNames, NetworkPolicy: x.Policy, Drillable: x.Drillable,
	}
	if x.StatefulSet == nil {
		return o // the volumes are bound to their claims, whatever the StorageClass
	}
	o.StorageClass, o.EtcdVersion, o.Image = x.StorageClass, x.Version(), x.Repository()
	if x.Source == cluster.SourceSecret {
		o.Secrets = kustomize.Secrets(x.Secrets)
	}
	switch {
	case x.Public:
		o.Expose = kustomize.ExposePublic
	case x.Exposed:
		o.Expose = kustomize.ExposeInternal
	}
	return o
}
