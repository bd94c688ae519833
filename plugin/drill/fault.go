// Package drill does damage to a cluster under load, watches it recover, and judges from what was recorded whether
// anything acknowledged was lost.
package drill

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Fault is one kind of damage. A new one is a file with a function that returns its row, and its line in Faults.
type Fault struct {
	Name   string
	About  string // one line, for the help page
	Expect Expectation

	// Aim picks the member that is hit and says what will be done to it, or why this cluster cannot be hit so.
	Aim func(s report.Status) (target, plan string, err error)
	// Check asks whether the damage would be allowed, and changes nothing.
	Check func(ctx context.Context, s Scene) error
	// Do does the damage. It does not wait for what comes of it.
	Do func(ctx context.Context, s Scene) error
}

// Expectation is what a fault must bring about for the drill to have tested anything.
type Expectation struct {
	NewLeader bool // another member leads, or the same one in a later term
	NewPod    bool // the target's pod is made anew
}

// Scene is where a fault acts.
type Scene struct {
	Kube    kubernetes.Interface
	Cluster *cluster.Cluster
	Target  string
}

// pod returns the target's pod as it was looked at: the damage must hit that one, and not another that has taken its
// place meanwhile.
func (s Scene) pod() (*corev1.Pod, error) {
	m, found := s.Cluster.Member(s.Target)
	if !found || m.Pod == nil {
		return nil, fmt.Errorf("member %q has no pod", s.Target)
	}
	return m.Pod, nil
}

// keepsData refuses a fault that ends the target's pod where the data would go with it: the member would come back empty
// under an identity that the others remember, which etcd does not start with ("has already been bootstrapped"), and the
// drill would have destroyed what it was to test.
func (s Scene) keepsData() error {
	target, _ := s.Cluster.Member(s.Target)
	if target.ClaimGoing != "" {
		return fmt.Errorf("the volume claim %q of member %q is being deleted: its data would go with pod %q, and the member would not come back (see %q)",
			target.ClaimGoing, target.Name, target.PodName, s.Cluster.Command("status"))
	}
	if target.Volatile() == "" {
		return nil
	}
	members, on := s.Cluster.Volatile()
	return fmt.Errorf("the data of %s is on %s: it would be deleted with pod %q, and the member would not come back; drill a cluster with volumes instead (%q makes one)",
		strings.Join(members, ", "), on, target.PodName, s.Cluster.UpWithVolumes())
}

// Faults is the table of faults.
func Faults() []Fault {
	return []Fault{leaderFault()}
}

// Find returns the fault of that name.
func Find(name string) (Fault, error) {
	var names []string
	for _, f := range Faults() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	if name == "" {
		return Fault{}, fmt.Errorf("no fault is given (there is: %s)", strings.Join(names, ", "))
	}
	return Fault{}, fmt.Errorf("unknown fault %q (there is: %s)", name, strings.Join(names, ", "))
}
