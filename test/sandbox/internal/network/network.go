// Package network connects the host and the nodes: one bridge, one network namespace a node, and routes without address
// translation between pods, nodes and host. No node has a default route: nothing leaves the machine.
package network

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/host"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// Up creates the bridge and every node's network.
func Up(ctx context.Context) error {
	for _, command := range commands(plan.Nodes()) {
		if err := host.Run(ctx, command[0], command[1:]...); err != nil {
			return fmt.Errorf("set up the network: %w", err)
		}
	}
	return nil
}

// commands returns the commands that create the network, in order. All namespaces come first: the first `ip netns add` of a
// machine remounts /run/netns.
func commands(nodes []plan.Node) [][]string {
	var list [][]string
	add := func(line string, args ...any) {
		list = append(list, strings.Fields(fmt.Sprintf(line, args...)))
	}
	for _, n := range nodes {
		add("ip netns add %s", n.Name)
	}
	add("ip link add %s type bridge", plan.Bridge)
	add("ip address add %s/%d dev %s", plan.HostAddress, plan.NodeCIDRBits, plan.Bridge)
	add("ip link set %s up", plan.Bridge)
	for _, n := range nodes {
		add("ip link add %s type veth peer name eth0 netns %s", n.Name, n.Name)
		add("ip link set %s master %s up", n.Name, plan.Bridge)
		add("ip -n %s link set lo up", n.Name)
		add("ip -n %s link set eth0 up", n.Name)
		add("ip -n %s address add %s/%d dev eth0", n.Name, n.Address, plan.NodeCIDRBits)
		add("nsenter --net=%s sysctl -q -w net.ipv4.ip_forward=1", n.NetworkNamespace())
		add("ip route add %s via %s", n.PodCIDR, n.Address)
		for _, peer := range nodes {
			if peer.Name != n.Name {
				add("ip -n %s route add %s via %s", n.Name, peer.PodCIDR, peer.Address)
			}
		}
		// A packet needs a route before kube-proxy can rewrite its destination.
		add("ip -n %s route add %s dev eth0", n.Name, plan.ServiceCIDR)
		add("ip -n %s route add %s dev eth0", n.Name, plan.BalancerCIDR)
	}
	// From the host, services are reached through the first node's kube-proxy.
	add("ip route add %s via %s", plan.ServiceCIDR, nodes[0].Address)
	add("ip route add %s via %s", plan.BalancerCIDR, nodes[0].Address)
	return list
}

// Down removes what Up created, also if it died half-way. Routes and veth pairs are removed with the bridge and the
// namespaces.
func Down(ctx context.Context) error {
	for _, n := range plan.Nodes() {
		if present("/sys/class/net/" + n.Name) {
			if err := host.Run(ctx, "ip", "link", "delete", n.Name); err != nil {
				return fmt.Errorf("remove the network: %w", err)
			}
		}
		if present(n.NetworkNamespace()) {
			if err := host.Run(ctx, "ip", "netns", "delete", n.Name); err != nil {
				return fmt.Errorf("remove the network: %w", err)
			}
		}
	}
	if present("/sys/class/net/" + plan.Bridge) {
		if err := host.Run(ctx, "ip", "link", "delete", plan.Bridge); err != nil {
			return fmt.Errorf("remove the network: %w", err)
		}
	}
	return nil
}

func present(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
