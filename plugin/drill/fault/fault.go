// Package fault has the faults that a drill can inject.
package fault

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Fault is one kind of fault. A new one is a file with a function that returns it, and a line in All.
type Fault struct {
	Name   string
	About  string        // one line, for the help page
	Struck string        // a clause for the report; {} stands for the targets
	For    time.Duration // the default duration; 0 for a fault without one
	Lasts  bool          // its duration does not count as recovery time
	Expect history.Expectation

	// Aim chooses the targets and describes what will be done to them. It returns an error if the fault cannot be
	// injected in this cluster.
	Aim func(report.Status) (targets []string, plan string, err error)
	// Check checks that the fault can be injected, by dry runs: it changes nothing.
	Check func(context.Context, *Scene) error
	// Ready prepares the targets and reports whether it changed anything. After a change the caller refreshes its view
	// and calls Aim again. It may be nil.
	Ready func(context.Context, *Scene) (changed bool, err error)
	// Do injects the fault and does all its steps. It does not wait for the recovery.
	Do func(context.Context, *Scene) error
}

// All returns every fault.
func All() []Fault {
	return []Fault{
		leader(), leaderForce(), moveLeader(), crash(), suspend(), evict(), drain(), follower(), rolling(), quorum(), disk(), observe(),
	}
}

// Find returns the fault with that name. An error lists the names.
func Find(name string) (Fault, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	if name == "" {
		return Fault{}, fmt.Errorf("no fault is given (choose one of %s)", strings.Join(names, ", "))
	}
	return Fault{}, unknownFaultError{name, names}
}

// unknownFaultError has the known names, so that the caller can suggest one.
type unknownFaultError struct {
	name  string
	known []string
}

func (e unknownFaultError) Error() string {
	return fmt.Sprintf("unknown fault %q (choose one of %s)", e.name, strings.Join(e.known, ", "))
}

// Unknown returns the unknown name and the known ones.
func (e unknownFaultError) Unknown() (name string, known []string) { return e.name, e.known }

// aimAtLeader is Aim for faults that make the leader unavailable for a while.
func aimAtLeader(does string) func(report.Status) ([]string, string, error) {
	return func(s report.Status) ([]string, string, error) {
		if err := canLose(s, 1); err != nil {
			return nil, "", err
		}
		return []string{s.Leader}, fmt.Sprintf(does+", which leads etcd cluster %s/%s", s.Leader, s.Namespace, s.Cluster), nil
	}
}

// aimAtFollower is Aim for faults that make a follower unavailable.
func aimAtFollower(does string) func(report.Status) ([]string, string, error) {
	return func(s report.Status) ([]string, string, error) {
		if err := canLose(s, 1); err != nil {
			return nil, "", err
		}
		f := followers(s)[0]
		return []string{f}, fmt.Sprintf(does+", a follower of etcd cluster %s/%s", f, s.Namespace, s.Cluster), nil
	}
}

// canLose returns an error if the cluster would lose its quorum without that many voters.
func canLose(s report.Status, members int) error {
	if voters := len(s.Voters()); voters-members < voters/2+1 {
		return fmt.Errorf("etcd cluster %s/%s cannot lose %d of %d voters: the others would have no quorum (this drill needs at least 3 voters)",
			s.Namespace, s.Cluster, members, voters)
	}
	return nil
}

// followers returns the names of the voters that are not the leader.
func followers(s report.Status) []string {
	var names []string
	for _, m := range s.Voters() {
		if m.Name != s.Leader {
			names = append(names, m.Name)
		}
	}
	return names
}
