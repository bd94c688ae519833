package network

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

func lines() []string {
	var list []string
	for _, c := range commands(plan.Nodes()) {
		list = append(list, strings.Join(c, " "))
	}
	return list
}

func TestNamespacesComeFirst(t *testing.T) {
	last := 0
	for i, line := range lines() {
		if strings.HasPrefix(line, "ip netns add") {
			last = i
		}
	}
	if last != len(plan.Nodes())-1 {
		t.Errorf("a namespace is added as step %d", last)
	}
}

func TestNothingLeavesTheMachine(t *testing.T) {
	for _, line := range lines() {
		if strings.Contains(line, "default") || strings.Contains(line, "0.0.0.0") || strings.Contains(line, "masquerade") {
			t.Errorf("%q leads out of the machine", line)
		}
	}
}

func TestEveryNodeReachesEveryOther(t *testing.T) {
	for _, a := range plan.Nodes() {
		if want := "ip route add " + a.PodCIDR + " via " + a.Address; !slices.Contains(lines(), want) {
			t.Errorf("missing %q", want)
		}
		for _, b := range plan.Nodes() {
			want := "ip -n " + a.Name + " route add " + b.PodCIDR + " via " + b.Address
			if slices.Contains(lines(), want) != (a.Name != b.Name) {
				t.Errorf("%s to %s: %q", a.Name, b.Name, want)
			}
		}
	}
}

func TestOverlaps(t *testing.T) {
	for name, test := range map[string]struct {
		address string
		want    bool
	}{
		"elsewhere":        {"192.0.2.2/24", false},
		"inside":           {"10.213.5.1/24", true},
		"a network around": {"10.0.0.1/8", true},
		"a neighbour":      {"10.214.0.1/16", false},
		"IPv6":             {"fe80::1/64", false},
		"not an address":   {"eth0", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := overlaps(test.address, plan.Network); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}
