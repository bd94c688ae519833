package cluster

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// Command returns the plugin's command line for a subcommand on this cluster. It repeats the flags that found the
// cluster and that settle how its pods serve, so that it finds the same cluster.
func (c *Cluster) Command(what string) string {
	text := c.Kubectl(fmt.Sprintf("etcd %s --etcd %s", what, c.Name))
	if c.Target.Selector != "" {
		text += fmt.Sprintf(" --selector '%s'", c.Target.Selector) // a label selector contains no single quote
	}
	if c.Target.Container != "" {
		text += " --container " + c.Target.Container
	}
	if c.Target.ClientPort != 0 {
		text += fmt.Sprintf(" --client-port %d", c.Target.ClientPort)
	}
	return text
}

// Kubectl returns the kubectl command line for a subcommand in this cluster's namespace.
func (c *Cluster) Kubectl(what string) string {
	return c.KubectlEverywhere(what + " -n " + c.Namespace)
}

// KubectlEverywhere does the same for resources without a namespace, such as nodes.
func (c *Cluster) KubectlEverywhere(what string) string {
	return "kubectl " + what + c.Target.KubectlFlags
}

// ScaledToZero returns the command that restores the members of a cluster that is scaled to 0, or "" for any other
// cluster.
func (c *Cluster) ScaledToZero() string {
	if c.StatefulSet == nil || len(c.Members) > 0 {
		return ""
	}
	text := c.Kubectl("scale statefulset "+c.StatefulSet.Name) + " --replicas="
	if c.initial == 0 {
		return text + "N, the former number of members"
	}
	return fmt.Sprintf("%s%d", text, c.initial)
}

// NoRunningMemberError returns the error that no member runs, with the command to run next.
func (c *Cluster) NoRunningMemberError() error {
	if scale := c.ScaledToZero(); scale != "" {
		return fmt.Errorf("etcd cluster %s/%s is scaled to 0: it has no members (bring them back with %q)", c.Namespace, c.Name, scale)
	}
	return fmt.Errorf("no member of etcd cluster %s/%s runs%s (see %q)", c.Namespace, c.Name, c.firstTrouble(), c.Command("status"))
}

// firstTrouble returns why the first member with a known reason does not run, as the end of a sentence; or "".
func (c *Cluster) firstTrouble() string {
	for _, m := range c.Members {
		if text := cmp.Or(m.PodProblem(), m.LastExit()); text != "" {
			return fmt.Sprintf(": %s: %s", m.Name, text)
		}
	}
	return ""
}

// initialSize returns the number of members in the initial cluster of a StatefulSet, or 0 if its settings do not show
// it. It skips the seal, whose list replaces the initial one.
func initialSize(ctx context.Context, o *objects, c *Cluster, container string) int {
	spec := c.StatefulSet.Spec.Template.Spec
	for _, name := range envConfigMaps(spec) {
		if cm, err := o.ConfigMap(ctx, name); err == nil && name != c.SealConfig && cm.Data[EnvInitialCluster] != "" {
			return strings.Count(cm.Data[EnvInitialCluster], "=")
		}
	}
	runs, ok := etcdContainer(spec, container)
	if !ok {
		return 0
	}
	s, err := settings.Read(ctx, templatePod(c.StatefulSet, c.StatefulSet.Name+"-0"), runs, o)
	if err != nil || len(s.Unknown()) > 0 {
		return 0
	}
	return max(1, strings.Count(s.Get("initial-cluster"), "=")) // without --initial-cluster etcd starts with one member
}
