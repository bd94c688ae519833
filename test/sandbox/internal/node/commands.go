package node

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controlplane"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// bind is a directory of the node, and its path in the node's mount namespace.
type bind struct {
	own string
	at  string
}

// binds gives the node its own directory for each path that is hard-coded in programs: device plugins, shim sockets, the CNI
// cache. Three nodes that shared them would delete one another's files.
func binds(l plan.Layout, n plan.Node) []bind {
	return []bind{
		{l.Node(n, "kubelet"), "/var/lib/kubelet"},
		{l.Node(n, "cni-cache"), "/var/lib/cni"},
		{l.Node(n, "pod-logs"), "/var/log/pods"},
		{l.Node(n, "container-logs"), "/var/log/containers"},
		{n.RunDir(), "/run/containerd"},
	}
}

// MountPoints are the paths that must exist on the host for binds.
func MountPoints() []string {
	var points []string
	for _, b := range binds(plan.Layout{}, plan.Node{}) {
		points = append(points, b.at)
	}
	return points
}

// Containerd starts first: it creates the mount namespace that Kubelet enters. The namespace is a slave of the host's, so
// its mounts do not show on the host and are gone with the node's last process. It is shared inside, for pods with
// bidirectional mounts.
func Containerd(l plan.Layout, n plan.Node) process.Command {
	script := []string{"set -e", "mount --make-rshared /"}
	for _, b := range binds(l, n) {
		script = append(script, fmt.Sprintf("mount --bind '%s' %s", strings.ReplaceAll(b.own, "'", `'\''`), b.at))
	}
	script = append(script, `exec "$@"`)
	return command(l, n, "containerd",
		"nsenter", "--net="+n.NetworkNamespace(),
		"unshare", "--mount", "--propagation", "slave",
		"sh", "-c", strings.Join(script, "\n"), "sh",
		l.Bin("containerd"), "--config", l.Node(n, "containerd.toml"), "--log-level", "warn")
}

// Agents are the node's processes, except containerd, that start once the API server answers.
func Agents(l plan.Layout, n plan.Node, containerd process.Process) []process.Command {
	return []process.Command{Kubelet(l, n, containerd), Proxy(l, n, containerd)}
}

// Extras are what `up --all` adds on a node.
func Extras(l plan.Layout, n plan.Node) []process.Command { return []process.Command{Router(l, n)} }

// Kubelet shares containerd's mount namespace: otherwise the Secrets that it mounts would be empty in pods.
func Kubelet(l plan.Layout, n plan.Node, containerd process.Process) process.Command {
	return command(l, n, "kubelet",
		"nsenter", "--net="+n.NetworkNamespace(), fmt.Sprintf("--mount=/proc/%d/ns/mnt", containerd.PID),
		l.Bin("kubelet"),
		"--config="+l.Node(n, "kubelet.yaml"),
		"--kubeconfig="+controlplane.Kubeconfig(l, n.Name),
		"--root-dir=/var/lib/kubelet",
		"--hostname-override="+n.Name,
		"--node-ip="+n.Address,
		fmt.Sprintf("--node-labels=topology.kubernetes.io/zone=%s,topology.kubernetes.io/region=%s", n.Zone, plan.Region))
}

// Proxy makes Services work for the node's pods.
func Proxy(l plan.Layout, n plan.Node, containerd process.Process) process.Command {
	return command(l, n, "kube-proxy",
		"nsenter", "--net="+n.NetworkNamespace(), fmt.Sprintf("--mount=/proc/%d/ns/mnt", containerd.PID),
		l.Bin("kube-proxy"), "--config="+l.Node(n, "kube-proxy.yaml"))
}

// Router enforces NetworkPolicies. It rewrites the whole filter table from a copy that it read before, and would undo
// kube-proxy's changes meanwhile. So it uses the kernel's legacy iptables, which have separate tables, if the kernel has
// them.
func Router(l plan.Layout, n plan.Node) process.Command {
	script := `if iptables-legacy -S >/dev/null 2>&1; then PATH="$1:$PATH"; fi; shift; exec "$@"`
	return command(l, n, "kube-router",
		"nsenter", "--net="+n.NetworkNamespace(),
		"sh", "-c", script, "sh", l.Node(n, legacy),
		l.Bin("kube-router"),
		"--kubeconfig="+controlplane.Kubeconfig(l, "kube-router"),
		"--node="+n.Name,
		"--services="+plan.ServiceCIDR)
}

func command(l plan.Layout, n plan.Node, program string, args ...string) process.Command {
	name := n.Name + "-" + program
	// containerd finds its shim in PATH.
	path := "PATH=" + l.Bin("") + ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	return process.Command{Name: name, Args: args, Log: l.Log(name), Env: []string{path}}
}
