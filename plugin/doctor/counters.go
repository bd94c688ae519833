package doctor

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// slowApplies judges how many requests took a member more than 100 ms to apply (server/etcdserver/txn,
// --warning-apply-duration). With one in a hundred the p99 is above that.
func slowApplies(e *evidence) []finding {
	return e.eachWithMetrics(func(m memberEvidence) ranked {
		slow, found := m.metrics.value.value("etcd_server_slow_apply_total")
		ranges, _ := m.metrics.value.value("etcd_mvcc_range_total") // slow reads are counted as well
		all := ranges + float64(m.metrics.value.observations("etcd_server_apply_duration_seconds"))
		age := m.metrics.value.age(e.now)
		share := slow / max(all, 1)
		figure := fmt.Sprintf("%.0f of %.0f in %s", slow, all, duration.HumanDuration(age))
		switch {
		case !found:
			return ranked{finding: evidenceMissing("the member's /metrics have no etcd_server_slow_apply_total")}
		case all < minObservations:
			return ranked{finding: tooFew(all, age)}
		case share > 0.01:
			return ranked{bad(report.Caution, figure, explanation{
				"requests that take more than 100ms delay all others; the cause is a slow disk, too little CPU, or reads of very many keys",
				"see the checks fsync, commit and requests; etcd logs each one as \"apply request took too long\" with the request",
			}), share}
		}
		return ranked{pass("%s", figure), share}
	})
}

// heartbeats judges how often a leader sent its heartbeats late. The limit is one in a thousand of an hour's
// heartbeats, at the default interval of 100 ms.
func heartbeats(e *evidence) []finding {
	return e.hourly("etcd_server_heartbeat_send_failures_total", 36, explanation{
		"a leader that sends heartbeats late is about to lose the leadership: its disk or its CPU does not keep up",
		"see the checks fsync and requests (https://etcd.io/docs/latest/faq/#performance)",
	})
}

// leaderChanges has the limit of etcd's alert etcdHighNumberOfLeaderChanges (contrib/mixin): four in 15 minutes.
func leaderChanges(e *evidence) []finding {
	return e.hourly("etcd_server_leader_changes_seen_total", 16, explanation{
		"no write completes during an election; the cause is too little CPU, a slow disk, or a network that loses heartbeats",
		"see the checks fsync, peer-latency and requests (https://etcd.io/docs/latest/tuning/)",
	})
}

// hourly judges a counter by its hourly average since the process started. A process younger than an hour counts as an
// hour old, because a few events at the start are normal.
func (e *evidence) hourly(metric string, most float64, why explanation) []finding {
	return e.eachWithMetrics(func(m memberEvidence) ranked {
		count, found := m.metrics.value.value(metric)
		if !found {
			return ranked{finding: evidenceMissing("the member's /metrics have no " + metric)}
		}
		age := m.metrics.value.age(e.now)
		rate := count / max(age, time.Hour).Hours()
		figure := fmt.Sprintf("%.0f in %s", count, duration.HumanDuration(age))
		if rate > most {
			return ranked{bad(report.Caution, figure, why), rate}
		}
		return ranked{pass("%s", figure), rate}
	})
}

// files judges the number of open file descriptors by the limit from which etcd logs a warning
// (server/etcdserver/metrics.go, monitorFileDescriptor). Each client connection is one.
func files(e *evidence) []finding {
	return e.eachWithMetrics(func(m memberEvidence) ranked {
		open, _ := m.metrics.value.value("process_open_fds")
		limit, _ := m.metrics.value.value("process_max_fds")
		figure := fmt.Sprintf("%.0f of %.0f", open, limit)
		switch {
		case limit == 0:
			return ranked{finding: evidenceMissing("the member's /metrics have no process_max_fds")}
		case open >= 0.8*limit:
			return ranked{bad(report.Caution, figure, explanation{
				"a member without free file descriptors accepts no more clients and cannot write snapshots",
				"find the client that opens so many connections, or raise the container runtime's limit",
			}), open / limit}
		}
		return ranked{pass("%s", figure), open / limit}
	})
}
