package plugin

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/metadata"
	clientcmd "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// completeName completes the first argument with the names of the namespace's clusters.
func (o *options) completeName(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return first(o.completeEtcd)(cmd, args, typed)
}

// completeEtcd completes --etcd, wherever the arguments already are something else; behind KIND/ with what makes the pods.
func (o *options) completeEtcd(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return live(func(ctx context.Context, _ []string, typed string) ([]string, error) {
		env, err := o.env()
		if err != nil {
			return nil, err
		}
		return cluster.Names(ctx, env.Kube, env.Target.Namespace, typed)
	})(cmd, args, typed)
}

// completeMember completes with the members of the cluster that --etcd says.
func (o *options) completeMember() cobra.CompletionFunc {
	return live(func(ctx context.Context, _ []string, _ string) ([]string, error) {
		return o.memberNames(ctx, o.query.Name)
	})
}

// completeMemberOf completes with the members of the cluster that NAME or --etcd says.
func (o *options) completeMemberOf() cobra.CompletionFunc {
	return live(func(ctx context.Context, args []string, _ string) ([]string, error) {
		name, err := o.name(args[:min(len(args), 1)])
		if err != nil {
			return nil, err
		}
		return o.memberNames(ctx, name)
	})
}

// memberNames returns the members as their pods tell, each with its node, or with what keeps it from running.
func (o *options) memberNames(ctx context.Context, name string) ([]string, error) {
	env, err := o.envNamed(name)
	if err != nil {
		return nil, err
	}
	c, err := cluster.FindServing(ctx, env.Kube, env.Target)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, m := range c.Members {
		what := m.Trouble()
		if what == "" {
			what = "on node " + m.Node()
		}
		found = append(found, described(m.Name, what))
	}
	return found, nil
}

// completeObject completes with the names of Kubernetes' objects of a kind. Secrets can be of another namespace, as
// NAMESPACE/NAME.
func (o *options) completeObject(kind cluster.Kind) cobra.CompletionFunc {
	return live(func(ctx context.Context, _ []string, typed string) ([]string, error) {
		env, err := o.env()
		if err != nil {
			return nil, err
		}
		client, err := metadata.NewForConfig(env.Config)
		if err != nil {
			return nil, err
		}
		namespace, before := env.Target.Namespace, ""
		if other, _, found := strings.Cut(typed, "/"); found {
			namespace, before = other, other+"/"
		}
		names, err := cluster.ObjectNames(ctx, client, kind, namespace)
		for i := range names {
			names[i] = before + names[i]
		}
		return names, err
	})
}

// completeConfig completes with names that stand in the kubeconfig.
func (o *options) completeConfig(names func(clientcmd.Config) []string) cobra.CompletionFunc {
	return live(func(context.Context, []string, string) ([]string, error) {
		config, err := o.config.ToRawKubeConfigLoader().RawConfig()
		return names(config), err
	})
}

// completeShared completes the flags that every command takes.
func (o *options) completeShared(root *cobra.Command) {
	completeFlags(root, map[string]cobra.CompletionFunc{
		"etcd":      o.completeEtcd,
		"namespace": o.completeObject(cluster.KindNamespace),
		"context":   o.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) }),
		"cluster":   o.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) }),
		"user":      o.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) }),
		"color":     oneOf("auto", "always", "never"),

		"etcd-tls-secret":         o.completeObject(cluster.KindSecret),
		"etcd-credentials-secret": o.completeObject(cluster.KindSecret),

		"kubeconfig": someFile, "certificate-authority": someFile, "client-certificate": someFile, "client-key": someFile,
		"etcd-cacert": someFile, "etcd-cert": someFile, "etcd-key": someFile, "etcd-password-file": someFile,
		"cache-dir": someFolder,
	})
}
