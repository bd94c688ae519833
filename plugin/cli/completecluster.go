package cli

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

// CompleteName completes the first argument with the names of the namespace's clusters.
func (o *Factory) CompleteName(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return FirstArgument(o.completeEtcd)(cmd, args, typed)
}

// completeEtcd completes --etcd, wherever the arguments already are something else; behind KIND/ with what makes the pods.
func (o *Factory) completeEtcd(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return ByAsking(func(ctx context.Context, _ []string, typed string) ([]string, error) {
		env, err := o.Env()
		if err != nil {
			return nil, err
		}
		return cluster.Names(ctx, env.Kube, env.Target.Namespace, typed)
	})(cmd, args, typed)
}

// CompleteMember completes with the members of the cluster that --etcd says.
func (o *Factory) CompleteMember() cobra.CompletionFunc {
	return ByAsking(func(ctx context.Context, _ []string, _ string) ([]string, error) {
		return o.memberNames(ctx, o.Query.Name)
	})
}

// CompleteMemberOf completes with the members of the cluster that NAME or --etcd says.
func (o *Factory) CompleteMemberOf() cobra.CompletionFunc {
	return ByAsking(func(ctx context.Context, args []string, _ string) ([]string, error) {
		name, err := o.ClusterName(args[:min(len(args), 1)])
		if err != nil {
			return nil, err
		}
		return o.memberNames(ctx, name)
	})
}

// memberNames returns the members as their pods tell, each with its node, or with what keeps it from running.
func (o *Factory) memberNames(ctx context.Context, name string) ([]string, error) {
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
		found = append(found, WithDescription(m.Name, what))
	}
	return found, nil
}

// CompleteObject completes with the names of Kubernetes' objects of a kind. Secrets can be of another namespace, as
// NAMESPACE/NAME.
func (o *Factory) CompleteObject(kind cluster.Kind) cobra.CompletionFunc {
	return ByAsking(func(ctx context.Context, _ []string, typed string) ([]string, error) {
		env, err := o.Env()
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
func (o *Factory) completeConfig(names func(clientcmd.Config) []string) cobra.CompletionFunc {
	return ByAsking(func(context.Context, []string, string) ([]string, error) {
		config, err := o.config.ToRawKubeConfigLoader().RawConfig()
		return names(config), err
	})
}

// CompleteShared completes the flags that every command takes.
func (o *Factory) CompleteShared(root *cobra.Command) {
	CompleteFlags(root, map[string]cobra.CompletionFunc{
		"etcd":      o.completeEtcd,
		"namespace": o.CompleteObject(cluster.KindNamespace),
		"context":   o.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) }),
		"cluster":   o.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) }),
		"user":      o.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) }),
		"color":     OneOf("auto", "always", "never"),

		"etcd-tls-secret":         o.CompleteObject(cluster.KindSecret),
		"etcd-credentials-secret": o.CompleteObject(cluster.KindSecret),

		"kubeconfig": AnyFile, "certificate-authority": AnyFile, "client-certificate": AnyFile, "client-key": AnyFile,
		"etcd-cacert": AnyFile, "etcd-cert": AnyFile, "etcd-key": AnyFile, "etcd-password-file": AnyFile,
		"cache-dir": AnyFolder,
	})
}
