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

// Resolve resolves kubectl's flags and the cluster's name, which falls back to fallback where there is no cluster yet.
func (o *Factory) Resolve(ctx context.Context, args []string, fallback string) (lifecycle.Env, error) {
	env, err := o.EnvOf(args)
	if err != nil {
		return env, err
	}
	return env.Resolve(ctx, fallback)
}

// ClusterName returns the cluster's name from the positional or from --etcd.
func (o *Factory) ClusterName(args []string) (string, error) {
	if len(args) == 0 {
		return o.Query.Name, nil
	}
	if err := cluster.CheckName(args[0]); err != nil {
		return "", Usage(err)
	}
	if o.Query.Name != "" && o.Query.Name != args[0] {
		return "", Usage(fmt.Errorf("NAME %q and --etcd %q differ (give one of them)", args[0], o.Query.Name))
	}
	return args[0], nil
}

// EnvOf resolves kubectl's flags for the cluster that NAME or --etcd says.
func (o *Factory) EnvOf(args []string) (lifecycle.Env, error) {
	name, err := o.ClusterName(args)
	if err != nil {
		return lifecycle.Env{}, err
	}
	return o.envNamed(name)
}

// envNamed is Env for the cluster of that name.
func (o *Factory) envNamed(name string) (lifecycle.Env, error) {
	env, err := o.Env()
	env.Target.Name = name
	return env, err
}

// Env resolves kubectl's flags, for the cluster that --etcd says.
func (o *Factory) Env() (lifecycle.Env, error) {
	given, err := o.Credentials.read()
	if err != nil {
		return lifecycle.Env{}, err
	}
	namespace, _, err := o.config.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return lifecycle.Env{}, err
	}
	config, err := o.restConfig()
	if err != nil {
		return lifecycle.Env{}, err
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return lifecycle.Env{}, err
	}
	target := o.Query
	target.Namespace, target.KubectlFlags = namespace, o.reach()
	return lifecycle.Env{
		Kube: kube, Config: config, Target: target, Credentials: given,
		Member: o.member, MemberLimit: o.MemberTimeout, Queue: o.queue, Progress: render.NewProgress(o.ErrOut),
	}, nil
}

// GivenNamespace returns the namespace that -n says, or "" where it says none.
func (o *Factory) GivenNamespace() string { return *o.config.Namespace }

// reach returns those of kubectl's flags that say which Kubernetes is meant and as whom, as they are to be typed again.
// What is a secret is not among them.
func (o *Factory) reach() string {
	text := ""
	for _, flag := range []struct {
		name  string
		value *string
	}{
		{"kubeconfig", o.config.KubeConfig},
		{"context", o.config.Context},
		{"cluster", o.config.ClusterName},
		{"user", o.config.AuthInfoName},
		{"server", o.config.APIServer},
		{"as", o.config.Impersonate},
	} {
		if flag.value != nil && *flag.value != "" {
			text += " --" + flag.name + " " + shell.Word(*flag.value, "''")
		}
	}
	return text
}
