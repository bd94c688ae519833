package advice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// down warns of pods that do not run, with Kubernetes' reason or etcd's last word. One that is on its way, and of which there
// is no reason yet, is no ground for a warning; one with a warning of its own needs no second.
func (v view) down() []report.Warning {
	var texts []string
	stuck := map[string][]cluster.Member{} // by what is wrong: a quota stops all of them
	for _, place := range v.Members {
		m, _ := v.status.Member(place.Name)
		text := why(place)
		if text == "" || m.Version != "" || m.Healthy || len(v.member(m)) > 0 {
			continue
		}
		if stuck[text] == nil {
			texts = append(texts, text)
		}
		stuck[text] = append(stuck[text], place)
	}
	var found []report.Warning
	for _, text := range texts {
		var names []string
		for _, place := range stuck[text] {
			names = append(names, place.PodName)
		}
		found = append(found, one(PodDown, fmt.Sprintf("%s: etcd does not run: %s", list(names), text), v.mend(stuck[text][0])...)...)
	}
	return found
}

// why says why a pod does not run, where that is more than that it is on its way.
func why(place cluster.Member) string {
	trouble := place.Trouble()
	switch last := place.CrashLoop(); {
	case trouble == "" && last != "":
		return "it ends after each start, " + last
	case last != "", strings.ContainsAny(trouble, ":"):
		return trouble
	}
	return ""
}

// Mend is what to look at and to do about a member whose pod does not run, one step a line.
func Mend(c *cluster.Cluster, place cluster.Member) string {
	return strings.Join(view{Cluster: c}.mend(place), "\n")
}

// mend is what to look at and to do about a pod that does not run.
func (v view) mend(place cluster.Member) []string {
	const missing = "make what is missing, and the pod starts by itself; where the template is wrong, correct it, and delete the pod:"
	switch {
	case place.Pod == nil && strings.Contains(place.News, "exceeded quota"):
		return []string{"raise the quota, or let the pods request less:", v.Kubectl("describe resourcequota")}
	case place.Pod == nil && v.StatefulSet != nil:
		return []string{"the pod cannot be made; its StatefulSet says why:", v.Kubectl("describe statefulset " + v.StatefulSet.Name)}
	case place.Pod == nil:
		return []string{v.Kubectl("get events")}
	case place.Pod.DeletionTimestamp != nil && place.Node() != "":
		return []string{"the pod stays until its node is back, or is deleted:", v.KubectlEverywhere("get nodes")}
	case place.LogTells():
		return []string{"its log says why:", v.lastLog(place.Name)}
	case place.Node() == "":
		return []string{missing, v.Kubectl("describe pod " + place.PodName), v.Kubectl("get persistentvolumeclaims,events")}
	}
	return []string{missing, v.Kubectl("describe pod " + place.PodName)}
}

// lastLog is what to type to read what a member's etcd said before it ended: where it was started again, what it says now
// tells nothing of that.
func (v view) lastLog(member string) string {
	place, _ := v.Member(member)
	if place.LastExit() == "" {
		return v.logs(member, "--tail=20")
	}
	return v.logs(member, "--previous --tail=20")
}

// othersDown returns the names of the voters beside one that are not healthy.
func (v view) othersDown(name string) []string {
	voters := v.status.Voters()
	return namesOf(slices.DeleteFunc(voters, func(m report.Member) bool { return m.Healthy || m.Name == name }))
}

// bringBack comes before a healthy member is touched: with another one down the quorum would hang by those that are left.
func (v view) bringBack(down []string) []string {
	return []string{fmt.Sprintf("bring %s back first, and look again: until then every other member is needed for the quorum", list(down))}
}
