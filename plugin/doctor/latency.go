package doctor

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// enough is how many observations it takes to speak of the slowest in a hundred.
const enough = 100

// never is a limit that no latency reaches.
const never = time.Duration(math.MaxInt64)

// latency is a histogram with the 99th percentiles from which it is slow, and from which the cluster does not work.
type latency struct {
	metric       string
	slow, broken time.Duration
	say          because
}

// fasterDisk is what to do about both latencies of the disk.
const fasterDisk = "a faster disk, or one that nothing else writes to (https://etcd.io/docs/latest/op-guide/hardware/#disks)"

// fsync judges the disk under the log: every write waits for it. 10 ms are of etcd's FAQ ("failed to send out heartbeat
// on time"); its alert etcdHighFsyncDurations is critical from 1 s (contrib/mixin).
func fsync(e *evidence) []finding {
	return e.latency(latency{"etcd_disk_wal_fsync_duration_seconds", 10 * time.Millisecond, time.Second, because{
		"every write waits for the disk: etcd asks for a p99 under 10ms (here since the process started)", fasterDisk,
	}})
}

// commit judges the disk under the database. 25 ms are of etcd's FAQ ("apply entries took too long"); none of its alerts
// is critical.
func commit(e *evidence) []finding {
	return e.latency(latency{"etcd_disk_backend_commit_duration_seconds", 25 * time.Millisecond, never, because{
		"requests wait while the database is written: etcd asks for a p99 under 25ms (here since the process started)", fasterDisk,
	}})
}

func (e *evidence) latency(l latency) []finding {
	return e.measured(func(m seen) ranked {
		if _, found := m.metrics.value.metrics[l.metric]; !found {
			return ranked{finding: evidenceMissing("the member's /metrics have no " + l.metric)}
		}
		return l.judge(m.metrics.value.histogram(l.metric), m.metrics.value.age(e.now))
	})
}

func (l latency) judge(h histogram, age time.Duration) ranked {
	if h.count < enough {
		return ranked{finding: tooFew(float64(h.count), age)}
	}
	p99 := h.quantile(0.99)
	figure := fmt.Sprintf("p50 %s, p99 %s of %d in %s", millis(h.quantile(0.5)), millis(p99), h.count, duration.HumanDuration(age))
	switch {
	case p99 >= l.broken:
		return ranked{bad(report.Fail, figure, l.say), p99.Seconds()}
	case p99 >= l.slow:
		return ranked{bad(report.Caution, figure, l.say), p99.Seconds()}
	}
	return ranked{pass("%s", figure), p99.Seconds()}
}

// slowPeers is etcd's own alert etcdMemberCommunicationSlow (contrib/mixin).
const slowPeers = 150 * time.Millisecond

// peerLatency judges the network between members: the slowest peer of each.
func peerLatency(e *evidence) []finding {
	if len(e.members) < 2 {
		return nil
	}
	l := latency{slow: slowPeers, broken: never, say: because{
		"every write takes a round trip between members, and heartbeats that come late cost elections",
		"put the members nearer to one another, or raise --heartbeat-interval and --election-timeout of all of them (https://etcd.io/docs/latest/tuning/)",
	}}
	return e.measured(func(m seen) ranked {
		worst := ranked{finding: tooFew(0, m.metrics.value.age(e.now)), by: -1}
		peers := m.metrics.value.histograms("etcd_network_peer_round_trip_time_seconds", "To")
		for _, to := range slices.Sorted(maps.Keys(peers)) {
			r := l.judge(peers[to], m.metrics.value.age(e.now))
			if r.by > worst.by {
				r.Figure += " to " + e.nameOf(to)
				worst = r
			}
		}
		return worst
	})
}

// nameOf returns the name of the member with an ID.
func (e *evidence) nameOf(id string) string {
	for _, m := range e.members {
		if m.ID == id {
			return m.Name
		}
	}
	return id
}

// tooFew is a finding of a process that has done too little yet to be judged.
func tooFew(count float64, age time.Duration) finding {
	f := evidenceMissing(fmt.Sprintf("fewer than %d so far do not tell the slowest in a hundred; look again later", enough))
	f.Figure = fmt.Sprintf("%.0f in %s", count, duration.HumanDuration(age))
	return f
}

func millis(d time.Duration) string { return report.Millis(d) }

// measured judges the members whose /metrics could be read, the worst first.
func (e *evidence) measured(of func(seen) ranked) []finding {
	found := make([]ranked, len(e.members))
	for i, m := range e.members {
		if m.metrics.missing != "" {
			found[i] = ranked{finding: evidenceMissing(m.metrics.missing)}
		} else {
			found[i] = of(m)
		}
		found[i].Member = m.Name
	}
	return worstFirst(found)
}
