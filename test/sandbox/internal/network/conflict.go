package network

import (
	"fmt"
	"net"
	"net/netip"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// RequireFree returns an error if an interface of the host already has an address in the sandbox's network: packets would
// take the wrong route later.
func RequireFree() error {
	interfaces, err := net.Interfaces()
	if err != nil {
		return fmt.Errorf("list network interfaces: %w", err)
	}
	for _, i := range interfaces {
		addresses, err := i.Addrs()
		if err != nil {
			continue // it was just removed
		}
		for _, a := range addresses {
			if overlaps(a.String(), plan.Network) {
				return fmt.Errorf("interface %q has address %s, inside the sandbox's network %s (take it down, or use another machine)", i.Name, a, plan.Network)
			}
		}
	}
	return nil
}

func overlaps(address, network string) bool {
	a, err := netip.ParsePrefix(address)
	if err != nil {
		return false
	}
	return a.Masked().Overlaps(netip.MustParsePrefix(network))
}
