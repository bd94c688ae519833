// Package advice tells what of a cluster's state deserves a human's attention, with the remedy. It asks nobody: it
// judges what others have read.
package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// The reasons of warnings: a program that reads a report finds them there.
const (
	ScaledToZero     = "ScaledToZero"
	NoSpace          = "NoSpace"
	Corrupt          = "Corrupt"
	Alarm            = "Alarm"
	SeveralClusters  = "SeveralClusters"
	SeveralLeaders   = "SeveralLeaders"
	TermsDiffer      = "TermsDiffer"
	FollowerLags     = "FollowerLags"
	ApplyLags        = "ApplyLags"
	NotSealed        = "NotSealed"
	SealMissing      = "SealMissing"
	SealOpen         = "SealOpen"
	ClaimDeleted     = "ClaimDeleted"
	NoQuorum         = "NoQuorum"
	MemberFails      = "MemberFails"
	NoMember         = "NoMember"
	DataLost         = "DataLost"
	PodDown          = "PodDown"
	LearnerWaiting   = "LearnerWaiting"
	NeverStarted     = "NeverStarted"
	EvenMembership   = "EvenMembership"
	ReplicasDiffer   = "ReplicasDiffer"
	MembersElsewhere = "MembersElsewhere"
	QuotaNearlyUsed  = "QuotaNearlyUsed"
	VersionsMixed    = "VersionsMixed"
	NoBudget         = "NoBudget"
	BudgetsOverlap   = "BudgetsOverlap"
	BudgetFails      = "BudgetFails"
	BudgetTooLoose   = "BudgetTooLoose"
	BudgetTooTight   = "BudgetTooTight"
	PlainTextExposed = "PlainTextExposed"
	OneNode          = "OneNode"
	OneZone          = "OneZone"
	VolatileData     = "VolatileData"
	SidecarFails     = "SidecarFails"
	ProbeFails       = "ProbeFails"
	CARotation       = "CARotation"

	OperationAbandoned = "OperationAbandoned"
	TemplateChanged    = "TemplateChanged"
)

// Warnings judges a cluster, as Kubernetes has it and as its members answered; crowd is where so many of them are that
// losing the place loses the quorum, or nil. What cannot wait comes first.
func Warnings(c *cluster.Cluster, s report.Status, crowd *Crowd) []report.Warning {
	v := view{Cluster: c, status: s}
	if scale := c.ScaledToZero(); scale != "" {
		return one(ScaledToZero, "the cluster is scaled to 0: it has no members, and what it stores is where its volumes are", scale)
	}
	if s.SeveralClusters() { // what holds of the members of one cluster does not of these
		return slices.Concat(v.clusters(), v.services(), v.volumes())
	}
	return slices.Concat(
		v.quorum(), v.alarms(), v.leaders(), v.operation(), v.rotation(), v.rolled(), v.seal(), v.claims(), v.members(), v.down(), v.probes(), v.sidecars(),
		v.lag(), v.quota(), v.membership(), v.versions(),
		v.budgets(), v.services(), v.crowded(crowd), v.volumes(),
	)
}

// view is the cluster that is judged.
type view struct {
	*cluster.Cluster
	status report.Status
}

// ours reports whether the cluster was deployed from the manifests of this project.
func (v view) ours() bool { return v.SealConfig != "" }

// etcdctl is what to type to run etcdctl in a member's pod.
func (v view) etcdctl(args string) string { return v.Command("ctl") + " -- " + args }

// scale is what to type to give the StatefulSet that many members.
func (v view) scale(n int) string {
	return fmt.Sprintf("%s --replicas=%d", v.Kubectl("scale statefulset "+v.StatefulSet.Name), n)
}

// one makes a list of a warning, with its remedy in steps.
func one(reason, message string, remedy ...string) []report.Warning {
	return []report.Warning{{Reason: reason, Message: message, Remedy: strings.Join(remedy, "\n")}}
}

func list(names []string) string { return strings.Join(names, ", ") }
