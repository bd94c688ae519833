package cluster

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// Command is what to type to do something to this cluster with the plugin, wherever one is: what it took to find it
// and to understand its pods is said again, so that it is the same cluster.
func (c *Cluster) Command(what string) string {
	text := c.Kubectl(fmt.Sprintf("etcd %s --etcd %s", what, c.Name))
	if c.Target.Selector != "" {
		text += fmt.Sprintf(" --selector '%s'", c.Target.Selector) // no selector has such a quote
	}
	if c.Target.Container != "" {
		text += " --container " + c.Target.Container
	}
	if c.Target.ClientPort != 0 {
		text += fmt.Sprintf(" --client-port %d", c.Target.ClientPort)
	}
	return text
}

// Kubectl is what to type to do something with kubectl in this cluster's namespace.
func (c *Cluster) Kubectl(what string) string {
	return c.KubectlEverywhere(what + " -n " + c.Namespace)
}

// KubectlEverywhere is the same of what is in no namespace: nodes, and disks.
func (c *Cluster) KubectlEverywhere(what string) string {
	return "kubectl " + what + c.Target.KubectlFlags
}

// ScaledToZero returns what gives a StatefulSet its members back that asks for none and has none, or "".
func (c *Cluster) ScaledToZero() string {
	if c.StatefulSet == nil || len(c.Members) > 0 {
		return ""
	}
	text := c.Kubectl("scale statefulset "+c.StatefulSet.Name) + " --replicas="
	if c.initial == 0 {
		return text + "N, as many as there were members"
	}
	return fmt.Sprintf("%s%d", text, c.initial)
}

// NoneRuns says that there is no member to ask, and what to do.
func (c *Cluster) NoneRuns() error {
	if scale := c.ScaledToZero(); scale != "" {
		return fmt.Errorf("etcd cluster %s/%s is scaled to 0: it has no members (bring them back with %q)", c.Namespace, c.Name, scale)
	}
	return fmt.Errorf("no member of etcd cluster %s/%s runs%s (see %q)", c.Namespace, c.Name, c.firstTrouble(), c.Command("status"))
}

// firstTrouble says of the first member that tells why it does not run, as the end of a sentence; or "".
func (c *Cluster) firstTrouble() string {
	for _, m := range c.Members {
		if text := cmp.Or(m.Trouble(), m.LastExit()); text != "" {
			return fmt.Sprintf(": %s: %s", m.Name, text)
		}
	}
	return ""
}

// initialSize returns how many members the settings of a StatefulSet began with, or 0 where that cannot be told. A seal
// hides the list behind it.
func initialSize(ctx context.Context, o *objects, c *Cluster, container string) int {
	spec := c.StatefulSet.Spec.Template.Spec
	for _, name := range environments(spec) {
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
	return max(1, strings.Count(s.Get("initial-cluster"), "=")) // etcd by itself begins with one
}
