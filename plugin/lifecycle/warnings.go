package lifecycle

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// noLocalName is what etcd says when it starts without data under a seal (server/config/config.go).
const noLocalName = "couldn't find local name"

// warnings tells what a human should look at, each with its remedy.
func warnings(c *cluster.Cluster, s report.Status) []report.Warning {
	found := sealWarnings(c)
	for _, m := range c.Members {
		if m.ClaimGoing != "" {
			found = append(found, report.Warning{
				Message: fmt.Sprintf("the volume claim %q of member %q is being deleted: its data goes when its pod next ends", m.ClaimGoing, m.Name),
				Remedy:  "at a time of your choice: " + command(c, "replace "+m.Name+" --force"),
			})
		}
	}
	for _, m := range s.Members {
		found = append(found, memberWarnings(c, s, m)...)
	}
	return found
}

func sealWarnings(c *cluster.Cluster) []report.Warning {
	warning := report.Warning{Remedy: command(c, "seal")}
	switch c.Seal.State {
	case cluster.SealEmpty:
		warning.Message = "not sealed: a member that loses its disk can come back empty and lose acknowledged writes"
	case cluster.SealMissing:
		warning.Message = fmt.Sprintf("the seal's ConfigMap %q is missing: no member can start again once it stops", c.SealConfig)
	case cluster.SealOpen:
		warning.Message = fmt.Sprintf("the seal is open for member %q: it may start without data", c.Seal.Admits)
		warning.Remedy = fmt.Sprintf("finish with %q, or close it with %q", command(c, "replace "+c.Seal.Admits), warning.Remedy)
	default:
		return nil
	}
	return []report.Warning{warning}
}

func memberWarnings(c *cluster.Cluster, s report.Status, m report.Member) []report.Warning {
	var found []report.Warning
	replace := command(c, "replace "+m.Name)
	sealedOut := strings.Contains(m.Error, noLocalName)
	switch {
	case m.ID == "" && m.Pod != "" && len(s.Voters()) > 0:
		found = append(found, report.Warning{
			Member:  m.Name,
			Message: fmt.Sprintf("pod %q is no member of the cluster, which has %d voters", m.Name, len(s.Voters())),
			Remedy:  fmt.Sprintf("where its replacement was interrupted: %s; where the StatefulSet was scaled by hand: scale it back", replace),
		})
	case sealedOut && s.Quorum.Have < s.Quorum.Need:
		found = append(found, report.Warning{
			Member:  m.Name,
			Message: fmt.Sprintf("member %q has lost its data, and the members that are left have no quorum to replace it", m.Name),
			Remedy:  "bring another member back; where the data of a majority is lost, restore the cluster from a snapshot",
		})
	case sealedOut:
		found = append(found, report.Warning{
			Member:  m.Name,
			Message: fmt.Sprintf("member %q has lost its data and the seal keeps it from starting empty", m.Name),
			Remedy:  replace,
		})
	case m.Role == report.Learner:
		found = append(found, report.Warning{
			Member:  m.Name,
			Message: fmt.Sprintf("member %q is a learner: it does not vote yet", m.Name),
			Remedy:  "where its replacement was interrupted: " + replace,
		})
	}
	for _, alarm := range m.Alarms {
		found = append(found, report.Warning{
			Message: fmt.Sprintf("member %q raised the alarm %s", m.Name, alarm),
			Remedy:  "see https://etcd.io/docs/latest/op-guide/maintenance/",
		})
	}
	return found
}

// command is what to type to do something to this cluster, wherever one is.
func command(c *cluster.Cluster, what string) string {
	return fmt.Sprintf("kubectl etcd %s --etcd %s -n %s", what, c.Name, c.Namespace)
}
