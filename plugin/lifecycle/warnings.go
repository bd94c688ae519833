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
	var found []report.Warning
	switch c.Seal.State {
	case cluster.SealEmpty:
		found = append(found, report.Warning{
			Message: "not sealed: a member that loses its disk can come back empty and lose acknowledged writes",
			Remedy:  fmt.Sprintf("kubectl etcd seal %s -n %s", c.Name, c.Namespace),
		})
	case cluster.SealMissing:
		found = append(found, report.Warning{
			Message: fmt.Sprintf("the seal's ConfigMap %q is missing: no member can start again once it stops", c.SealConfig),
			Remedy:  fmt.Sprintf("kubectl etcd seal %s -n %s", c.Name, c.Namespace),
		})
	case cluster.SealOpen:
		found = append(found, report.Warning{
			Message: fmt.Sprintf("the seal is open for member %q: it may start without data", c.Seal.Admits),
			Remedy:  fmt.Sprintf("finish with \"kubectl etcd replace %s --etcd %s -n %s\", or close it with \"kubectl etcd seal %s -n %s\"", c.Seal.Admits, c.Name, c.Namespace, c.Name, c.Namespace),
		})
	}
	for _, m := range c.Members {
		if m.ClaimGoing != "" {
			found = append(found, report.Warning{
				Message: fmt.Sprintf("the volume claim %q of member %q is being deleted: its data goes when its pod next ends", m.ClaimGoing, m.Name),
				Remedy:  fmt.Sprintf("at a time of your choice: kubectl etcd replace %s --force --etcd %s -n %s", m.Name, c.Name, c.Namespace),
			})
		}
	}
	for _, m := range s.Members {
		replace := fmt.Sprintf("kubectl etcd replace %s --etcd %s -n %s", m.Name, c.Name, c.Namespace)
		switch {
		case strings.Contains(m.Error, noLocalName) && m.ID == "" && len(s.Voters()) > 0:
			found = append(found, report.Warning{
				Member:  m.Name,
				Message: fmt.Sprintf("pod %q is no member of the cluster, which has %d voters, and the seal keeps it from starting", m.Name, len(s.Voters())),
				Remedy:  fmt.Sprintf("where its replacement was interrupted: %s; where the StatefulSet was scaled by hand: scale it back", replace),
			})
		case strings.Contains(m.Error, noLocalName):
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
	}
	return found
}
