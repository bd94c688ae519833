// Package doctor checks a cluster for what is wrong with it, or will be, and says what to do. It only looks.
package doctor

import (
	"context"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// check is one thing to check. A check that could not be made says so: it never passes in silence.
type check struct {
	name, group string
	of          func(*evidence) []finding
}

// checks returns all checks, in the order of the report.
func checks() []check {
	return []check{
		{"quorum", "quorum", ofOne(quorum)},
		{"leader", "quorum", leader},
		{"members", "quorum", members},
		{"member-count", "quorum", ofOne(memberCount)},
		{"lag", "quorum", ofOne(lag)},
		{"leader-changes", "quorum", leaderChanges},
		{"nodes", "domains", ofOne(nodes)},
		{"zones", "domains", ofOne(zones)},
		{"budget", "domains", ofOne(budget)},
		{"seal", "data", seal},
		{"operation", "data", operation},
		{"hash", "data", ofOne(stores)},
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
		{"versions", "versions", ofOne(versions)},
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
		{"ready", "pods", ofOne(ready)},
		{"restarts", "pods", restarts},
		{"requests", "pods", resources},
		{"grace-period", "pods", grace},
		{"updates", "pods", updates},
		{"parallel-start", "pods", starts},
	}
}

// Examine looks at a cluster from all sides, at all of them at the same time, and judges what it saw.
func Examine(ctx context.Context, env lifecycle.Env) (report.Doctor, error) {
	view, err := env.View(ctx)
	if err != nil {
		return report.Doctor{}, err
	}
	defer view.Close()
	e := gather(ctx, env, view)
	if err := context.Cause(ctx); err != nil {
		return report.Doctor{}, err // what was cut off says nothing about the cluster
	}
	return verdict(e), nil
}

func verdict(e *evidence) report.Doctor {
	found := []report.Check{}
	all := checks()
	if len(e.members) == 0 {
		all = all[:1] // there is nothing to look at, which the first one says
	}
	for _, c := range all {
		for _, f := range c.of(e) {
			f.Name, f.Group = c.name, c.group
			found = append(found, report.Check(f))
		}
	}
	return report.NewDoctor(e.cluster.Name, e.cluster.Namespace, found)
}
