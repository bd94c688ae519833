package advice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// maxBehind is how many entries a member's log may be behind the newest. A leader keeps that many when it compacts its log
// (DefaultSnapshotCatchUpEntries, server/etcdserver/server.go): a member further behind may need the whole database. It is
// large enough for members being asked at different moments: a busy cluster commits ten entries a millisecond.
const maxBehind = 5000

func (v view) leaders() []report.Warning {
	leaders := v.status.Leaders()
	if len(leaders) > 1 {
		return warning(SeveralLeaders, fmt.Sprintf("%s each report that they are the leader: the one with the older term is cut off from the others, or has not noticed the newer leader yet", strings.Join(leaders, " and ")),
			append([]string{"check again; if this persists, see what the one with the older term logs about its peers:", v.logs(v.oldest(leaders), "--since=10m")}, v.restart(v.oldest(leaders))...)...)
	}
	terms := map[uint64][]string{}
	for _, m := range v.status.Members {
		if m.Version != "" {
			terms[m.RaftTerm] = append(terms[m.RaftTerm], m.Name)
		}
	}
	if len(terms) <= 1 {
		return nil
	}
	var texts []string
	for term, names := range terms {
		texts = append(texts, fmt.Sprintf("%d on %s", term, list(names)))
	}
	slices.Sort(texts)
	return warning(TermsDiffer, fmt.Sprintf("the members are in different terms (%s): an election is under way, or the members in the older term are cut off from the others", strings.Join(texts, "; ")),
		"check again; if this persists, see what the member in the oldest term logs about its peers:", v.logs(v.behind(), "--since=10m")+` | grep -e "lost TCP streaming" -e "became inactive"`)
}

// restart returns the steps that restart a member, or nil if its pod or its data would not come back.
func (v view) restart(name string) []string {
	m, found := v.Member(name)
	if !found || m.Volatile() != "" || v.Owner.Kind == cluster.OwnerNone || v.Owner.Kind == cluster.OwnerNode {
		return nil
	}
	return []string{"and restart it:", v.Kubectl("delete pod " + m.PodName)}
}

// severalClusters warns of pods that belong to more than one cluster. The remedy deletes no pod: it would start again as a
// member of the same cluster.
func (v view) severalClusters() []report.Warning {
	var texts, steps []string
	for _, m := range v.status.Members {
		if m.ClusterID != "" {
			texts = append(texts, fmt.Sprintf("%s in %s, term %d", m.Name, m.ClusterID, m.RaftTerm))
			steps = append(steps, v.Command("ctl --member "+m.Name)+" -- get \"\" --from-key --keys-only --limit=20")
		}
	}
	return warning(SeveralClusters, fmt.Sprintf("these pods belong to several etcd clusters (%s): a client of a Service that selects them reads and writes now one cluster, now another", strings.Join(texts, "; ")),
		append(append([]string{"stop the clients, and check which cluster has the keys that matter:"}, steps...),
			"if they should be one cluster: copy the keys that only the others have, empty the data directories of the others, and let them join it one by one (member add, then --initial-cluster-state=existing)",
			"if they should not: give each its own Service, and choose the one that get, put, del, watch, auth, ctl and proxy use with --member")...)
}

// oldest returns the name of the member with the oldest term, of those named.
func (v view) oldest(names []string) string {
	return slices.MinFunc(v.named(names), byTerm).Name
}

// behind returns the name of the member with the oldest term, of all that answered.
func (v view) behind() string {
	var answered []report.Member
	for _, m := range v.status.Members {
		if m.Version != "" {
			answered = append(answered, m)
		}
	}
	return slices.MinFunc(answered, byTerm).Name
}

func byTerm(a, b report.Member) int { return cmp.Compare(a.RaftTerm, b.RaftTerm) }

func (v view) named(names []string) []report.Member {
	var members []report.Member
	for _, name := range names {
		m, _ := v.status.Member(name)
		members = append(members, m)
	}
	return members
}

func (v view) lag() []report.Warning {
	newest := v.newest()
	var found []report.Warning
	for _, m := range v.status.Members {
		if m.Version == "" || m.Role == report.Learner { // its warning has its lag
			continue
		}
		slow := v.logs(m.Name, "--since=10m") + ` | grep -e "slow fdatasync" -e "took too long"`
		if behind := newest - m.RaftIndex; behind > maxBehind {
			found = append(found, warning(FollowerLags,
				fmt.Sprintf("the log of member %q is %s entries behind (%s of %s): beyond %s the leader may have to send it the whole database", m.Name, entries(behind), entries(m.RaftIndex), entries(newest), entries(maxBehind)),
				"its disk or its network is too slow:", slow)...)
		}
		if unapplied := m.RaftIndex - min(m.RaftIndex, m.RaftAppliedIndex); unapplied > judge.LargeLag {
			found = append(found, warning(ApplyLags,
				fmt.Sprintf("member %q has not applied %s committed entries yet: from %s on it refuses requests", m.Name, entries(unapplied), entries(judge.RefusedLag)),
				"its disk or its CPU is too slow:", slow)...)
		}
	}
	return found
}

// logs returns the command that shows a member's log; which are further arguments of kubectl logs.
func (v view) logs(member, which string) string {
	m, _ := v.Member(member)
	return v.Kubectl(fmt.Sprintf("logs %s -c %s %s", m.PodName, m.Server.Container, which))
}
