package cli

import (
	"context"
	"fmt"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/shell"
)

// Resolve resolves kubectl's flags and the target. Without a name, the target is the namespace's only cluster, or fallback if
// there is none yet.
func (f *Factory) Resolve(ctx context.Context, args []string, fallback string) (lifecycle.Env, error) {
	env, err := f.EnvOf(args)
	if err != nil {
		return env, err
	}
	return env.Resolve(ctx, fallback)
}

// ClusterName returns the cluster's name from the argument NAME or from --etcd, or "". It returns a UsageError if both are given
// and differ.
func (f *Factory) ClusterName(args []string) (string, error) {
	if len(args) == 0 {
		return f.Target.Name, nil
	}
	if err := cluster.CheckName(args[0]); err != nil {
		return "", Usage(err)
	}
	if f.Target.Name != "" && f.Target.Name != args[0] {
		return "", Usage(fmt.Errorf("NAME %q and --etcd %q differ (give one of them)", args[0], f.Target.Name))
	}
	return args[0], nil
}

// EnvOf returns an Env for the cluster in the argument NAME or in --etcd.
func (f *Factory) EnvOf(args []string) (lifecycle.Env, error) {
	name, err := f.ClusterName(args)
	if err != nil {
		return lifecycle.Env{}, err
	}
	return f.envNamed(name)
}

// envNamed returns an Env for the cluster of that name.
func (f *Factory) envNamed(name string) (lifecycle.Env, error) {
	env, err := f.Env()
	env.Target.Name = name
	return env, err
}

// Env returns an Env for the cluster in --etcd: clients by kubectl's flags, and the credentials that were given. The target is
// not resolved, and no request is sent.
func (f *Factory) Env() (lifecycle.Env, error) {
	given, err := f.Credentials.read()
	if err != nil {
		return lifecycle.Env{}, err
	}
	namespace, _, err := f.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return lifecycle.Env{}, err
	}
	config, err := f.restConfig()
	if err != nil {
		return lifecycle.Env{}, err
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return lifecycle.Env{}, err
	}
	target := f.Target
	target.Namespace, target.KubectlFlags = namespace, f.kubectlFlags()
	return lifecycle.Env{
		Kube: kube, Config: config, Target: target, Credentials: given,
		Member: f.member, MemberLimit: f.MemberTimeout, Queue: f.queue, Progress: render.NewProgress(f.ErrOut),
	}, nil
}

// GivenNamespace returns the value of -n, or "" if it was not given.
func (f *Factory) GivenNamespace() string { return *f.config.Namespace }

// kubectlFlags returns kubectl's flags that select the API server and the user, quoted for a shell, so that advised commands
// reach the same API server. Secrets, such as --token, are left out.
func (f *Factory) kubectlFlags() string {
	text := ""
	for _, flag := range []struct {
		name  string
		value *string
	}{
		{"kubeconfig", f.config.KubeConfig},
		{"context", f.config.Context},
		{"cluster", f.config.ClusterName},
		{"user", f.config.AuthInfoName},
		{"server", f.config.APIServer},
		{"as", f.config.Impersonate},
	} {
		if flag.value != nil && *flag.value != "" {
			text += " --" + flag.name + " " + shell.Word(*flag.value, "''")
		}
	}
	return text
}
