package plan

import (
	"net/netip"
	"testing"
)

func TestNetworksLieApart(t *testing.T) {
	networks := map[string]string{"services": ServiceCIDR, "balancer": BalancerCIDR, "nodes": HostAddress + "/24"}
	for _, n := range Nodes() {
		networks[n.Name] = n.PodCIDR
	}
	all := netip.MustParsePrefix(Network)
	for a, networkA := range networks {
		prefix := netip.MustParsePrefix(networkA).Masked()
		if !all.Contains(prefix.Addr()) {
			t.Errorf("%s: %s is outside %s", a, networkA, Network)
		}
		for b, networkB := range networks {
			if a != b && prefix.Overlaps(netip.MustParsePrefix(networkB).Masked()) {
				t.Errorf("%s %s overlaps %s %s", a, networkA, b, networkB)
			}
		}
	}
}

func TestAddressesLieInTheirNetworks(t *testing.T) {
	for address, network := range map[string]string{APIServiceIP: ServiceCIDR, DNSServiceIP: ServiceCIDR} {
		if !netip.MustParsePrefix(network).Contains(netip.MustParseAddr(address)) {
			t.Errorf("%s is outside %s", address, network)
		}
	}
	for _, n := range Nodes() {
		if !netip.MustParsePrefix(PodCIDR).Contains(netip.MustParsePrefix(n.PodCIDR).Addr()) {
			t.Errorf("the pods of %s are outside %s", n.Name, PodCIDR)
		}
		if !netip.MustParsePrefix(HostAddress + "/24").Contains(netip.MustParseAddr(n.Address)) {
			t.Errorf("%s is not on the bridge", n.Name)
		}
	}
}

// The kernel takes interface names of up to 15 bytes.
func TestNamesFitTheKernel(t *testing.T) {
	names := []string{Bridge}
	zones := map[string]bool{}
	for _, n := range Nodes() {
		names = append(names, n.Name)
		zones[n.Zone] = true
	}
	for _, name := range names {
		if len(name) > 15 {
			t.Errorf("%q is too long for an interface", name)
		}
	}
	if len(zones) != 3 {
		t.Errorf("%d zones, want 3", len(zones))
	}
}

// A Unix socket's path may be 107 bytes long, so it must not depend on the checkout.
func TestSocketPathsAreShort(t *testing.T) {
	for _, n := range Nodes() {
		if path := n.ContainerdSocket(); len(path) > 60 {
			t.Errorf("%q is too long", path)
		}
	}
}
