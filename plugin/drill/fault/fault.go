// Package fault has the kinds of damage that a drill does.
package fault

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Fault is one kind of damage. A new one is a file with a function that returns its row, and its line in All.
type Fault struct {
	Name   string
	About  string        // one line, for the help page
	Struck string        // what was done, as a clause of a report; {} stands for the targets
	For    time.Duration // how long it lasts unless --for says otherwise; 0 is one that has no length
	Lasts  bool          // its own length is no part of the recovery
	Expect history.Expectation

	// Aim picks the members that are hit and says what will be done to them, or why this cluster cannot be hit so.
	Aim func(report.Status) (targets []string, plan string, err error)
	// Check asks whether the damage would be allowed, and changes nothing.
	Check func(context.Context, *Scene) error
	// Ready, where it is not nil, makes the targets fit to be hit, and reports whether it changed anything: then another
	// look is taken, and another aim.
	Ready func(context.Context, *Scene) (changed bool, err error)
	// Do does the damage and all that belongs to it. It does not wait for the recovery.
	Do func(context.Context, *Scene) error
}

// All is the table of faults.
func All() []Fault {
	return []Fault{
		leader(), leaderForce(), moveLeader(), crash(), suspend(), evict(), drain(), follower(), rolling(), quorum(), disk(), observe(),
	}
}

// Find returns the fault of that name.
func Find(name string) (Fault, error) {
	var names []string
	for _, f := range All() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	if name == "" {
		return Fault{}, fmt.Errorf("no fault is given (there is: %s)", strings.Join(names, ", "))
	}
	return Fault{}, unknownFaultError{name, names}
}

// unknownFaultError tells its caller which names there are, to guess by.
type unknownFaultError struct {
	name  string
	known []string
}

func (e unknownFaultError) Error() string {
	return fmt.Sprintf("unknown fault %q (there is: %s)", e.name, strings.Join(e.known, ", "))
}

// Unknown returns the name that is none, and those that are.
func (e unknownFaultError) Unknown() (name string, known []string) { return e.name, e.known }

// aimAtLeader is for faults that take the leader away for a while.
func aimAtLeader(does string) func(report.Status) ([]string, string, error) {
	return func(s report.Status) ([]string, string, error) {
		if err := canLose(s, 1); err != nil {
			return nil, "", err
		}
		return []string{s.Leader}, fmt.Sprintf(does+", which leads etcd cluster %s/%s", s.Leader, s.Namespace, s.Cluster), nil
	}
}

// aimAtFollower is for faults that take away one that does not lead.
func aimAtFollower(does string) func(report.Status) ([]string, string, error) {
	return func(s report.Status) ([]string, string, error) {
		if err := canLose(s, 1); err != nil {
			return nil, "", err
		}
		f := followers(s)[0]
		return []string{f}, fmt.Sprintf(does+", a follower of etcd cluster %s/%s", f, s.Namespace, s.Cluster), nil
	}
}

// canLose refuses a cluster that would lose its quorum.
func canLose(s report.Status, members int) error {
	if voters := len(s.Voters()); voters-members < voters/2+1 {
		return fmt.Errorf("etcd cluster %s/%s cannot lose %d of %d voters: the others would have no quorum (this drill needs at least 3 voters)",
			s.Namespace, s.Cluster, members, voters)
	}
	return nil
}

// followers returns the names of the voters that do not lead.
func followers(s report.Status) []string {
	var names []string
	for _, m := range s.Voters() {
		if m.Name != s.Leader {
			names = append(names, m.Name)
		}
	}
	return names
}
