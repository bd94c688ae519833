// Package plan defines the sandbox's names, addresses and ports. They are constants, because only one sandbox fits on a
// machine.
package plan

import (
	"fmt"
	"path/filepath"
)

// Prefix is the prefix of every name outside of the sandbox's directory: bridge, veth pairs, network namespaces, cgroups.
// Everything with it may be removed.
const Prefix = "ketcd"

// Bridge joins the nodes and the host.
const Bridge = Prefix + "0"

// HostGroup is the cgroup of the processes on the host. It finds them if their record is lost.
const HostGroup = Prefix + "-host"

// RunDir has the state of the machine: the owner of the sandbox, and the sockets, whose paths must stay short even if the
// checkout's path is long.
const RunDir = "/run/" + Prefix + "-sandbox"

// Addresses. The whole sandbox is in 10.213.0.0/16.
const (
	Network      = "10.213.0.0/16"
	HostAddress  = "10.213.0.1"
	NodeCIDRBits = 24
	PodCIDR      = "10.213.64.0/18"
	ServiceCIDR  = "10.213.128.0/18"
	APIServiceIP = "10.213.128.1"
	DNSServiceIP = "10.213.128.10"
	BalancerCIDR = "10.213.250.0/26"
	Domain       = "cluster.local"
	Region       = "region-1"
	PauseImage   = "registry.k8s.io/pause:3.10.1"
	EtcdImage    = "gcr.io/etcd-development/etcd"
	// AgentImage is tagged by the version of the agent's arguments, which is not the plugin's.
	AgentImage = "ghcr.io/kubectl-etcd/drill-agent:v1"
)

// Ports on the host that other programs are unlikely to use. The node agents listen in their own network namespaces.
const (
	APIPort      = 16443
	EtcdPort     = 16379
	EtcdPeerPort = 16380
	DNSPort      = 16053
)

// Node is one Kubernetes node: a network namespace, a containerd, a kubelet.
type Node struct {
	Name    string // also of its network namespace, veth and cgroup
	Zone    string
	Address string
	PodCIDR string
}

// Nodes returns the three nodes, one a zone.
func Nodes() []Node {
	var nodes []Node
	for i, letter := range []string{"a", "b", "c"} {
		nodes = append(nodes, Node{
			Name:    Prefix + "-" + letter,
			Zone:    "zone-" + letter,
			Address: fmt.Sprintf("10.213.0.%d", 11+i),
			PodCIDR: fmt.Sprintf("10.213.%d.0/24", 65+i),
		})
	}
	return nodes
}

// Groups returns every cgroup of the sandbox.
func Groups() []string {
	groups := []string{HostGroup}
	for _, n := range Nodes() {
		groups = append(groups, n.Name)
	}
	return groups
}

// RunDir is the directory of the node's containerd sockets and state.
func (n Node) RunDir() string { return filepath.Join(RunDir, n.Name) }

// ContainerdSocket is the path of the node's containerd socket on the host.
func (n Node) ContainerdSocket() string { return filepath.Join(n.RunDir(), "containerd.sock") }

// NetworkNamespace is the path of the node's network namespace.
func (n Node) NetworkNamespace() string { return filepath.Join("/run/netns", n.Name) }
