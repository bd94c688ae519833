// Package advice returns warnings about a cluster's state, each with its remedy. It reads nothing itself: the caller passes
// what it has read.
package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// The reasons of warnings. They are part of the JSON form of a status.
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

// Warnings returns the warnings about a cluster, the most urgent first. c is its state in Kubernetes and s what its members
// answered; crowd is the node or zone whose loss would lose the quorum, or nil.
func Warnings(c *cluster.Cluster, s report.Status, crowd *Crowd) []report.Warning {
	v := view{Cluster: c, status: s}
	if scale := c.ScaledToZero(); scale != "" {
		return warning(ScaledToZero, "the cluster is scaled to 0: it has no members; its data is on its volumes", scale)
	}
	if s.SeveralClusters() { // the other rules hold only for members of one cluster
		return slices.Concat(v.severalClusters(), v.services(), v.volumes())
	}
	return slices.Concat(
		v.quorum(), v.alarms(), v.leaders(), v.operation(), v.rotation(), v.templateChanged(), v.seal(), v.claims(), v.members(), v.podsDown(), v.probes(), v.sidecars(),
		v.lag(), v.quota(), v.membership(), v.versions(),
		v.budgets(), v.services(), v.crowded(crowd), v.volumes(),
	)
}

// view is a cluster with its status, and the rules for both.
type view struct {
	*cluster.Cluster
	status report.Status
}

// ours reports whether the cluster was deployed from the manifests of this project.
func (v view) ours() bool { return v.SealConfig != "" }

// etcdctl returns the command that runs etcdctl in a member's pod.
func (v view) etcdctl(args string) string { return v.Command("ctl") + " -- " + args }

// scale returns the command that gives the StatefulSet that many replicas.
func (v view) scale(n int) string {
	return fmt.Sprintf("%s --replicas=%d", v.Kubectl("scale statefulset "+v.StatefulSet.Name), n)
}

// warning returns a list of one warning; remedy has a step for each line.
func warning(reason, message string, remedy ...string) []report.Warning {
	return []report.Warning{{Reason: reason, Message: message, Remedy: strings.Join(remedy, "\n")}}
}

func list(names []string) string { return strings.Join(names, ", ") }
