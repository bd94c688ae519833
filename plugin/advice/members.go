package advice

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// noLocalName is part of etcd's error when it starts without data under a seal (server/config/config.go).
const noLocalName = "couldn't find local name"

func (v view) seal() []report.Warning {
	seal := v.Command("seal")
	switch v.Seal.State {
	case cluster.SealEmpty:
		return warning(NotSealed, "not sealed: a member that loses its disk can come back empty and lose acknowledged writes", seal)
	case cluster.SealMissing:
		return warning(SealMissing, fmt.Sprintf("the seal's ConfigMap %q is missing: no member can start again once it stops", v.SealConfig), seal)
	case cluster.SealOpen:
		return warning(SealOpen, fmt.Sprintf("the seal is open for member %q: it may start without data", v.Seal.Admits),
			"finish the replacement:", v.Command("replace "+v.Seal.Admits), "or close the seal:", seal)
	}
	return nil
}

func (v view) claims() []report.Warning {
	var found []report.Warning
	for _, m := range v.Members {
		if m.ClaimGoing != "" {
			found = append(found, warning(ClaimDeleted,
				fmt.Sprintf("the volume claim %q of member %q is being deleted: its data is deleted when its pod next ends", m.ClaimGoing, m.Name),
				v.newClaim(m)...)...)
		}
	}
	return found
}

// newClaim returns the steps by which a member whose PersistentVolumeClaim is being deleted gets a new one with the data of
// the others.
func (v view) newClaim(member cluster.Member) []string {
	if len(v.status.Voters()) == 1 {
		return []string{"no other member has its keys, so save them before its pod ends:", v.Command("proxy") + " -- etcdctl snapshot save etcd.db"}
	}
	steps := []string{"at a time of your choice:"}
	if v.ours() {
		return append(steps, v.Command("replace "+member.Name+" --force"))
	}
	if down := v.othersDown(member.Name); len(down) > 0 {
		return v.bringBack(down)
	}
	m, found := v.status.Member(member.Name)
	if !found {
		m.Name = member.Name
	}
	return append(steps, v.rejoinWithoutData(m)...)
}

// members warns of members that cannot become healthy voters without the remedy. Each warning names its member, and a
// command that waits for that member stops waiting.
func (v view) members() []report.Warning {
	var found []report.Warning
	for _, m := range v.status.Members {
		for _, w := range v.member(m) {
			w.Member = m.Name
			found = append(found, w)
		}
	}
	return found
}

func (v view) member(m report.Member) []report.Warning {
	voters := len(v.status.Voters())
	sealedOut := v.ours() && strings.Contains(m.Error, noLocalName)
	switch {
	case m.ID == "" && m.Pod != "" && voters > 0 && v.status.Quorum.Have > 0:
		return warning(NoMember, v.noMemberText(m, voters), v.joinSteps(m, voters)...)
	case sealedOut && v.status.Quorum.Have < v.status.Quorum.Need:
		return warning(DataLost, fmt.Sprintf("member %q has lost its data, and the remaining members have no quorum to replace it", m.Name),
			"bring another member back; if the data of a majority is lost, restore the cluster from a snapshot")
	case sealedOut:
		return warning(DataLost, fmt.Sprintf("member %q has lost its data and the seal keeps it from starting empty", m.Name), v.Command("replace "+m.Name))
	case m.Role == report.Learner:
		return v.learner(m)
	case v.unstarted(m):
		return warning(NeverStarted, fmt.Sprintf("member %s (%s) was added but never started: it still counts toward the quorum", m.ID, strings.Join(m.PeerURLs, ", ")),
			v.startOrRemove(m)...)
	case !v.ours():
		return v.memberFails(m)
	}
	return nil
}

// sidecars warns of other containers than etcd that keep a pod from being Ready.
func (v view) sidecars() []report.Warning {
	var found []report.Warning
	for _, m := range v.Members {
		for _, sidecar := range m.Sidecars() {
			command := "describe pod " + m.PodName
			if sidecar.Ended {
				command = fmt.Sprintf("logs %s -c %s --previous", m.PodName, sidecar.Container)
			}
			found = append(found, warning(SidecarFails,
				fmt.Sprintf("container %q of pod %q is not healthy (%s): the pod is not Ready, so no Service sends clients to its etcd", sidecar.Container, m.PodName, sidecar.Trouble),
				v.Kubectl(command))...)
		}
	}
	return found
}

// newest returns the highest committed index of all members.
func (v view) newest() uint64 {
	var newest uint64
	for _, m := range v.status.Members {
		newest = max(newest, m.RaftIndex)
	}
	return newest
}

func entries(n uint64) string { return humanize.Comma(int64(n)) } //nolint:gosec // no log is that long
