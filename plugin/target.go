package plugin

import (
	"context"
	"fmt"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// target resolves kubectl's flags and the cluster's name, which falls back to fallback where there is no cluster yet.
func (o *options) target(ctx context.Context, args []string, fallback string) (lifecycle.Env, error) {
	env, err := o.envOf(args)
	if err != nil {
		return env, err
	}
	return env.Resolve(ctx, fallback)
}

// name returns the cluster's name from the positional or from --etcd.
func (o *options) name(args []string) (string, error) {
	if len(args) == 0 {
		return o.query.Name, nil
	}
	if err := cluster.CheckName(args[0]); err != nil {
		return "", badUsage(err)
	}
	if o.query.Name != "" && o.query.Name != args[0] {
		return "", badUsage(fmt.Errorf("NAME %q and --etcd %q differ (give one of them)", args[0], o.query.Name))
	}
	return args[0], nil
}

// envOf resolves kubectl's flags for the cluster that NAME or --etcd says.
func (o *options) envOf(args []string) (lifecycle.Env, error) {
	name, err := o.name(args)
	if err != nil {
		return lifecycle.Env{}, err
	}
	return o.envNamed(name)
}

// envNamed is env for the cluster of that name.
func (o *options) envNamed(name string) (lifecycle.Env, error) {
	env, err := o.env()
	env.Target.Name = name
	return env, err
}

// env resolves kubectl's flags, for the cluster that --etcd says.
func (o *options) env() (lifecycle.Env, error) {
	given, err := o.credentials.read()
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
	target := o.query
	target.Namespace, target.KubectlFlags = namespace, o.reach()
	return lifecycle.Env{
		Kube: kube, Config: config, Target: target, Credentials: given,
		Member: o.member, MemberLimit: o.memberTimeout, Queue: o.queue, Progress: report.NewProgress(o.ErrOut),
	}, nil
}

// givenNamespace returns the namespace that -n says, or "" where it says none.
func (o *options) givenNamespace() string { return *o.config.Namespace }

// reach returns those of kubectl's flags that say which Kubernetes is meant and as whom, as they are to be typed again.
// What is a secret is not among them.
func (o *options) reach() string {
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
			text += " --" + flag.name + " " + report.Word(*flag.value)
		}
	}
	return text
}
