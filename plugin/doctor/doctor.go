// Package doctor finds what is wrong with a cluster, or soon will be, and returns a remedy for each finding. It only
// reads.
package doctor

import (
	"context"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// check is one check of the report. If its evidence is missing it returns a finding that says so: it never passes
// silently.
type check struct {
	name, group string
	of          func(*evidence) []finding
}

// checks returns all checks in the order of the report.
func checks() []check {
	return []check{
		{"quorum", "quorum", ofOneCluster(quorum)},
		{"leader", "quorum", leader},
		{"members", "quorum", members},
		{"member-count", "quorum", ofOneCluster(memberCount)},
		{"lag", "quorum", ofOneCluster(lag)},
		{"leader-changes", "quorum", leaderChanges},
		{"nodes", "domains", ofOneCluster(nodes)},
		{"zones", "domains", ofOneCluster(zones)},
		{"budget", "domains", ofOneCluster(budget)},
		{"seal", "data", seal},
		{"operation", "data", operation},
		{"hash", "data", ofOneCluster(stores)},
		{"alarms", "data", alarms},
		{"volumes", "data", volumes},
		{"quota", "space", quota},
		{"disk-room", "space", room},
		{"fragmentation", "space", fragmentation},
		{"compaction", "space", compaction},
		{"fsync", "speed", fsync},
		{"commit", "speed", commit},
		{"slow-applies", "speed", slowApplies},
		{"heartbeats", "speed", heartbeats},
		{"peer-latency", "speed", peerLatency},
		{"open-files", "speed", files},
		{"versions", "versions", ofOneCluster(versions)},
		{"release", "versions", releases},
		{"clock", "versions", clocks},
		{"encryption", "certificates", encryption},
		{"expiry", "certificates", expiry},
		{"names", "certificates", names},
		{"ca-rotation", "certificates", rotation},
		{"client-urls", "clients", clientURLs},
		{"image", "pods", images},
		{"liveness", "pods", liveness},
		{"readiness", "pods", readiness},
		{"ready", "pods", ofOneCluster(ready)},
		{"restarts", "pods", restarts},
		{"requests", "pods", resources},
		{"grace-period", "pods", grace},
		{"updates", "pods", updates},
		{"parallel-start", "pods", starts},
	}
}

// Examine collects the evidence of a cluster, from all sources at the same time, and returns the findings of all
// checks. It returns an error if the cluster could not be read or ctx ended.
func Examine(ctx context.Context, env lifecycle.Env) (report.Doctor, error) {
	view, err := env.View(ctx)
	if err != nil {
		return report.Doctor{}, err
	}
	defer view.Close()
	e := gather(ctx, env, view)
	if err := context.Cause(ctx); err != nil {
		return report.Doctor{}, err // incomplete evidence says nothing about the cluster
	}
	return verdict(e), nil
}

func verdict(e *evidence) report.Doctor {
	found := []report.Check{}
	all := checks()
	if len(e.members) == 0 {
		all = all[:1] // only the first check reports a cluster without members
	}
	for _, c := range all {
		for _, f := range c.of(e) {
			f.Name, f.Group = c.name, c.group
			found = append(found, report.Check(f))
		}
	}
	return report.NewDoctor(e.cluster.Name, e.cluster.Namespace, found)
}
