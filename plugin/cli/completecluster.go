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
func (f *Factory) CompleteName(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return FirstArgument(f.completeEtcd)(cmd, args, typed)
}

// completeEtcd completes --etcd with the names of the namespace's clusters, or after "KIND/" with the pods' owners of that kind.
func (f *Factory) completeEtcd(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	return completeByLookup(func(ctx context.Context, _ []string, typed string) ([]string, error) {
		env, err := f.Env()
		if err != nil {
			return nil, err
		}
		return cluster.Names(ctx, env.Kube, env.Target.Namespace, typed)
	})(cmd, args, typed)
}

// CompleteMember completes with the members of the cluster in --etcd.
func (f *Factory) CompleteMember() cobra.CompletionFunc {
	return completeByLookup(func(ctx context.Context, _ []string, _ string) ([]string, error) {
		return f.memberNames(ctx, f.Target.Name)
	})
}

// CompleteMemberOf completes with the members of the cluster in the argument NAME or in --etcd.
func (f *Factory) CompleteMemberOf() cobra.CompletionFunc {
	return completeByLookup(func(ctx context.Context, args []string, _ string) ([]string, error) {
		name, err := f.ClusterName(args[:min(len(args), 1)])
		if err != nil {
			return nil, err
		}
		return f.memberNames(ctx, name)
	})
}

// memberNames returns the members by their pods, without asking etcd. Each is described by its node, or by why it does not run.
func (f *Factory) memberNames(ctx context.Context, name string) ([]string, error) {
	env, err := f.envNamed(name)
	if err != nil {
		return nil, err
	}
	c, err := cluster.FindServing(ctx, env.Kube, env.Target)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, m := range c.Members {
		what := m.PodProblem()
		if what == "" {
			what = "on node " + m.Node()
		}
		found = append(found, WithDescription(m.Name, what))
	}
	return found, nil
}

// CompleteObject completes with the names of the Kubernetes objects of a kind. After "NAMESPACE/" they are those of that
// namespace, as flags that name a Secret accept it.
func (f *Factory) CompleteObject(kind cluster.Kind) cobra.CompletionFunc {
	return completeByLookup(func(ctx context.Context, _ []string, typed string) ([]string, error) {
		env, err := f.Env()
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

// completeConfig completes with names from the kubeconfig.
func (f *Factory) completeConfig(names func(clientcmd.Config) []string) cobra.CompletionFunc {
	return completeByLookup(func(context.Context, []string, string) ([]string, error) {
		config, err := f.config.ToRawKubeConfigLoader().RawConfig()
		return names(config), err
	})
}

// CompleteShared sets the completions of the flags that every command takes.
func (f *Factory) CompleteShared(root *cobra.Command) {
	CompleteFlags(root, map[string]cobra.CompletionFunc{
		"etcd":      f.completeEtcd,
		"namespace": f.CompleteObject(cluster.KindNamespace),
		"context":   f.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.Contexts)) }),
		"cluster":   f.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.Clusters)) }),
		"user":      f.completeConfig(func(c clientcmd.Config) []string { return slices.Sorted(maps.Keys(c.AuthInfos)) }),
		"color":     OneOf("auto", "always", "never"),

		"etcd-tls-secret":         f.CompleteObject(cluster.KindSecret),
		"etcd-credentials-secret": f.CompleteObject(cluster.KindSecret),

		"kubeconfig": AnyFile, "certificate-authority": AnyFile, "client-certificate": AnyFile, "client-key": AnyFile,
		"etcd-cacert": AnyFile, "etcd-cert": AnyFile, "etcd-key": AnyFile, "etcd-password-file": AnyFile,
		"cache-dir": AnyFolder,
	})
}
