package doctor

import (
	"fmt"
	"strings"
	"testing"

	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// down makes members not answer.
func down(of ...int) func(*evidence) {
	return func(e *evidence) {
		for _, i := range of {
			m := &e.members[i]
			m.Healthy, m.Version, m.Role, m.Error = false, "", "", "no answer within 3s"
			m.metrics, m.clock = observed[scrape]{missing: "connection refused"}, observed[clock]{missing: "connection refused"}
			e.hashes[i] = report.MemberHash{Member: m.Name, Error: "connection refused"}
			e.status.Quorum.Have--
		}
		if e.status.Quorum.Have < 2 {
			e.status.Leader = ""
		}
	}
}

// accessDenied denies access at every member.
func accessDenied(e *evidence) {
	down(0, 1, 2)(e)
	for i := range e.members {
		e.members[i].AccessDenied, e.members[i].Error = true, "a wrong password"
		e.status.Members = append(e.status.Members, e.members[i].Member)
	}
}

// severalClusters gives each member a different cluster ID.
func severalClusters(e *evidence) {
	for i := range e.members {
		e.members[i].ClusterID = fmt.Sprint(i)
	}
}

// only keeps the first n members.
func only(n int) func(*evidence) {
	return func(e *evidence) {
		e.members, e.hashes, e.cluster.Members = e.members[:n], e.hashes[:n], e.cluster.Members[:n]
		e.cluster.StatefulSet.Spec.Replicas = ptr.To(int32(n))
		e.status.Quorum = report.Quorum{Have: n, Need: n/2 + 1}
	}
}

// TestSeveralClusters: checks of one cluster do not judge members of several.
func TestSeveralClusters(t *testing.T) {
	cases := map[string]caseOf{}
	for _, check := range []string{"quorum", "member-count", "lag", "nodes", "zones", "budget", "hash", "versions", "ready"} {
		cases[check] = caseOf{check, severalClusters, []string{"unknown: these pods belong to several etcd cluste…"}}
	}
	run(t, cases)
}

func TestQuorum(t *testing.T) {
	run(t, map[string]caseOf{
		"one may fail":             {"quorum", nil, []string{"pass: 3 of 3 voters healthy, 2 needed: 1 may fail"}},
		"none may fail":            {"quorum", down(1), []string{"fail: 2 of 3 voters healthy, 2 needed: none may fail"}},
		"lost":                     {"quorum", down(1, 2), []string{"fail: 1 of 3 voters healthy, 2 needed"}},
		"no answer":                {"quorum", down(0, 1, 2), []string{"fail: no quorum: 0 of 3 voters healthy, 2 need…"}},
		"several clusters":         {"leader", severalClusters, []string{"fail: these pods belong to several etcd cluste…"}},
		"access denied":            {"quorum", accessDenied, []string{"unknown: access denied: a wrong password"}},
		"access denied to each":    {"members", accessDenied, []string{"unknown etcd-0: a wrong password", "unknown etcd-1: a wrong password", "unknown etcd-2: a wrong password"}},
		"a single member":          {"quorum", only(1), []string{"warn: 1 of 1 voters healthy, 1 needed: none may fail"}},
		"one leader":               {"leader", nil, []string{"pass: etcd-0, term 2"}},
		"no leader":                {"leader", down(0, 1), []string{"fail: none"}},
		"access denied, no leader": {"leader", accessDenied, []string{"unknown: access denied: a wrong password"}},
		"leader unknown":           {"leader", down(0, 1, 2), []string{"unknown: no member answers"}},
		"another term":             {"leader", func(e *evidence) { e.members[2].RaftTerm = 1 }, []string{"warn: the members are in different terms (1 on…"}},
		"all healthy":              {"members", nil, []string{"pass: 3 healthy"}},
		"one unhealthy":            {"members", down(1), []string{"fail etcd-1: no answer within 3s"}},
		"a learner":                {"members", func(e *evidence) { e.members[2].Role = report.Learner }, []string{`fail etcd-2: member "etcd-2" is a learner: it does no…`}},
		"three voters":             {"member-count", nil, []string{"pass: 3 voters"}},
		"two voters":               {"member-count", only(2), []string{"warn: 2 voters need 2 for a quorum and survive…"}},
		"voters unknown":           {"member-count", func(e *evidence) { down(0, 1, 2)(e); forgetMembership(e) }, []string{"unknown: no member answers"}},
		"none lags":                {"lag", func(e *evidence) { e.members[1].RaftAppliedIndex = 990 }, []string{"pass etcd-1: 10 entries behind", "pass etcd-0: 0 entries behind", "pass etcd-2: 0 entries behind"}},
		"one lags":                 {"lag", func(e *evidence) { e.members[1].RaftIndex, e.members[1].RaftAppliedIndex = 5000, 3000 }, []string{`warn: member "etcd-1" has not applied 2,000 co…`}},
	})
}

// syncFailed is the condition that the disruption controller sets on a budget whose pods have no controller with a
// scale.
func syncFailed(e *evidence) {
	e.cluster.Surroundings.Budgets[0].Status.Conditions = []metav1.Condition{{
		Type: policyv1.DisruptionAllowedCondition, Status: metav1.ConditionFalse, Reason: policyv1.SyncFailedReason, Message: "no scale",
	}}
}

// TestAPodThatDoesNotRunIsMended: the remedy has the same steps as that of "status".
func TestAPodThatDoesNotRunIsMended(t *testing.T) {
	e := healthy(t)
	down(1)(e)
	e.members[1].kubeMember.Pod, e.members[1].kubeMember.News = nil, "FailedCreate: exceeded quota: small"
	e.members[1].Error = e.members[1].kubeMember.PodProblem()
	for _, c := range verdict(e.withWarnings()).Checks {
		if c.Name == "members" && (c.Reason != "pod does not exist (FailedCreate: exceeded quota: small)" || !strings.Contains(c.Remedy, "kubectl describe resourcequota -n ")) {
			t.Errorf("%q: %q", c.Reason, c.Remedy)
		}
	}
}

// forgetMembership removes the fields that come from the membership from members that do not answer.
func forgetMembership(e *evidence) {
	for i := range e.members {
		e.members[i].ID, e.members[i].PeerURLs = "", nil
	}
}

func TestPlaces(t *testing.T) {
	move := func(e *evidence) {
		for i := range 2 {
			e.members[i].Node, e.members[i].Zone = "node-9", "zone-9"
		}
	}
	run(t, map[string]caseOf{
		"spread":         {"nodes", nil, []string{"pass: 3 voters over 3 nodes"}},
		"two on a node":  {"nodes", move, []string{"warn: node-9: etcd-0, etcd-1"}},
		"one has no pod": {"nodes", func(e *evidence) { e.members[0].Node = "" }, []string{"unknown: the node of etcd-0 is unknown"}},
		"zones":          {"zones", nil, []string{"pass: 3 voters over 3 zones"}},
		"two in a zone":  {"zones", move, []string{"warn: zone-9: etcd-0, etcd-1"}},
		"no zones": {"zones", func(e *evidence) {
			for i := range e.members {
				e.members[i].Zone = ""
			}
		}, []string{"unknown: the zone of etcd-0, etcd-1, etcd-2 is un…"}},
		"a single member":    {"zones", only(1), nil},
		"one at a time":      {"budget", nil, []string{"pass: allows 1 of 3 to be evicted at the same time"}},
		"no budget":          {"budget", func(e *evidence) { e.cluster.Surroundings.Budgets = nil }, []string{"warn: no PodDisruptionBudget selects the membe…"}},
		"SyncFailed budget":  {"budget", syncFailed, []string{"warn: Kubernetes cannot evaluate the PodDisrup…"}},
		"budgets forbidden":  {"budget", func(e *evidence) { e.cluster.Surroundings.Incomplete = []string{"PodDisruptionBudgets: forbidden"} }, []string{"unknown: PodDisruptionBudgets: forbidden"}},
		"static pods":        {"budget", func(e *evidence) { e.cluster.Owner.Kind = "Node" }, []string{"pass: static pods are not evicted"}},
		"nothing to protect": {"budget", only(2), nil},
	})
}

// TestWithoutQuorum: a member that answers lacks only the others.
func TestWithoutQuorum(t *testing.T) {
	e := healthy(t)
	down(1, 2)(e)
	e.members[0].Healthy, e.members[0].Error = false, "linearizable read: no answer within 3s"
	for _, f := range members(e) {
		if lonely := strings.Contains(f.Remedy, "only lacks a quorum"); lonely != (f.Member == "etcd-0") {
			t.Errorf("%s: %s", f.Member, f.Remedy)
		}
	}
}
