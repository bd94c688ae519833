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

// minObservations is how many observations a p99 needs.
const minObservations = 100

// noLimit is a limit that no latency reaches.
const noLimit = time.Duration(math.MaxInt64)

// latency is a histogram and its limits: the p99 from which it is slow, and the p99 from which the cluster does not
// work.
type latency struct {
	metric       string
	slow, broken time.Duration
	why          explanation
}

// fasterDisk is the remedy for both disk latencies.
const fasterDisk = "use a faster disk, or one that nothing else writes to (https://etcd.io/docs/latest/op-guide/hardware/#disks)"

// fsync judges the disk of the WAL: every write waits for it. The limit of 10 ms is from etcd's FAQ ("failed to send
// out heartbeat on time"). etcd's alert etcdHighFsyncDurations is critical from 1 s (contrib/mixin).
func fsync(e *evidence) []finding {
	return e.latency(latency{"etcd_disk_wal_fsync_duration_seconds", 10 * time.Millisecond, time.Second, explanation{
		"every write waits for the disk: etcd recommends a p99 below 10ms (measured here since the process started)", fasterDisk,
	}})
}

// commit judges the disk of the database. The limit of 25 ms is from etcd's FAQ ("apply entries took too long"). None
// of etcd's alerts on it is critical.
func commit(e *evidence) []finding {
	return e.latency(latency{"etcd_disk_backend_commit_duration_seconds", 25 * time.Millisecond, noLimit, explanation{
		"requests wait while the database is written: etcd recommends a p99 below 25ms (measured here since the process started)", fasterDisk,
	}})
}

func (e *evidence) latency(l latency) []finding {
	return e.eachWithMetrics(func(m memberEvidence) ranked {
		if _, found := m.metrics.value.metrics[l.metric]; !found {
			return ranked{finding: evidenceMissing("the member's /metrics have no " + l.metric)}
		}
		return l.judge(m.metrics.value.histogram(l.metric), m.metrics.value.age(e.now))
	})
}

func (l latency) judge(h histogram, age time.Duration) ranked {
	if h.count < minObservations {
		return ranked{finding: tooFew(float64(h.count), age)}
	}
	p99 := h.quantile(0.99)
	figure := fmt.Sprintf("p50 %s, p99 %s of %d in %s", millis(h.quantile(0.5)), millis(p99), h.count, duration.HumanDuration(age))
	switch {
	case p99 >= l.broken:
		return ranked{bad(report.Fail, figure, l.why), p99.Seconds()}
	case p99 >= l.slow:
		return ranked{bad(report.Caution, figure, l.why), p99.Seconds()}
	}
	return ranked{pass("%s", figure), p99.Seconds()}
}

// slowPeers is the limit of etcd's alert etcdMemberCommunicationSlow (contrib/mixin).
const slowPeers = 150 * time.Millisecond

// peerLatency judges the network between members by the slowest peer of each.
func peerLatency(e *evidence) []finding {
	if len(e.members) < 2 {
		return nil
	}
	l := latency{slow: slowPeers, broken: noLimit, why: explanation{
		"every write needs a round trip between members, and late heartbeats cause elections",
		"run the members closer to one another, or raise --heartbeat-interval and --election-timeout of all members (https://etcd.io/docs/latest/tuning/)",
	}}
	return e.eachWithMetrics(func(m memberEvidence) ranked {
		worst := ranked{finding: tooFew(0, m.metrics.value.age(e.now)), rank: -1}
		peers := m.metrics.value.histograms("etcd_network_peer_round_trip_time_seconds", "To")
		for _, to := range slices.Sorted(maps.Keys(peers)) {
			r := l.judge(peers[to], m.metrics.value.age(e.now))
			if r.rank > worst.rank {
				r.Figure += " to " + e.nameOf(to)
				worst = r
			}
		}
		return worst
	})
}

// nameOf returns the name of the member with an ID, or the ID.
func (e *evidence) nameOf(id string) string {
	for _, m := range e.members {
		if m.ID == id {
			return m.Name
		}
	}
	return id
}

// tooFew returns the finding for a process with too few observations so far.
func tooFew(count float64, age time.Duration) finding {
	f := evidenceMissing(fmt.Sprintf("fewer than %d observations so far, too few to judge the slowest in a hundred; check again later", minObservations))
	f.Figure = fmt.Sprintf("%.0f in %s", count, duration.HumanDuration(age))
	return f
}

func millis(d time.Duration) string { return report.Millis(d) }

// eachWithMetrics returns the findings of the members with /metrics, the worst first. The others are reported as
// missing.
func (e *evidence) eachWithMetrics(of func(memberEvidence) ranked) []finding {
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
