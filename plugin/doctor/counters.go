package doctor

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// slowApplies judges how many requests took a member more than 100 ms to carry out (server/etcdserver/txn,
// --warning-apply-duration): one in a hundred makes that its p99.
func slowApplies(e *evidence) []finding {
	return e.measured(func(m seen) ranked {
		slow, found := m.metrics.value.value("etcd_server_slow_apply_total")
		ranges, _ := m.metrics.value.value("etcd_mvcc_range_total") // slow reads are counted as well
		all := ranges + float64(m.metrics.value.observations("etcd_server_apply_duration_seconds"))
		age := m.metrics.value.age(e.now)
		share := slow / max(all, 1)
		figure := fmt.Sprintf("%.0f of %.0f in %s", slow, all, duration.HumanDuration(age))
		switch {
		case !found:
			return ranked{finding: evidenceMissing("the member's /metrics have no etcd_server_slow_apply_total")}
		case all < enough:
			return ranked{finding: tooFew(all, age)}
		case share > 0.01:
			return ranked{bad(report.Caution, figure, because{
				"requests that take over 100ms keep all others waiting: a slow disk, too little CPU, or reads of very many keys",
				"see the checks fsync, commit and requests; etcd logs each one as \"apply request took too long\" with the request",
			}), share}
		}
		return ranked{pass("%s", figure), share}
	})
}

// heartbeats judges how often a leader sent its heartbeats late: up to one in a thousand of those that it sends in an
// hour, by default one every 100 ms.
func heartbeats(e *evidence) []finding {
	return e.hourly("etcd_server_heartbeat_send_failures_total", 36, because{
		"a leader that is late with heartbeats is about to lose the leadership: the disk or the CPU does not keep up",
		"see the checks fsync and requests (https://etcd.io/docs/latest/faq/#performance)",
	})
}

// leaderChanges goes by etcd's own alert etcdHighNumberOfLeaderChanges (contrib/mixin): four in a quarter of an hour.
func leaderChanges(e *evidence) []finding {
	return e.hourly("etcd_server_leader_changes_seen_total", 16, because{
		"no write gets through during an election: too little CPU, a slow disk, or a network that loses heartbeats",
		"see the checks fsync, peer-latency and requests (https://etcd.io/docs/latest/tuning/)",
	})
}

// hourly judges a counter by its average over the life of the process, for no shorter time than an hour: a few at the
// start are usual.
func (e *evidence) hourly(metric string, most float64, say because) []finding {
	return e.measured(func(m seen) ranked {
		count, found := m.metrics.value.value(metric)
		if !found {
			return ranked{finding: evidenceMissing("the member's /metrics have no " + metric)}
		}
		age := m.metrics.value.age(e.now)
		rate := count / max(age, time.Hour).Hours()
		figure := fmt.Sprintf("%.0f in %s", count, duration.HumanDuration(age))
		if rate > most {
			return ranked{bad(report.Caution, figure, say), rate}
		}
		return ranked{pass("%s", figure), rate}
	})
}

// files judges open files, with the limit from which etcd itself logs a warning (server/etcdserver/metrics.go,
// monitorFileDescriptor). Each client connection is one.
func files(e *evidence) []finding {
	return e.measured(func(m seen) ranked {
		open, _ := m.metrics.value.value("process_open_fds")
		limit, _ := m.metrics.value.value("process_max_fds")
		figure := fmt.Sprintf("%.0f of %.0f", open, limit)
		switch {
		case limit == 0:
			return ranked{finding: evidenceMissing("the member's /metrics have no process_max_fds")}
		case open >= 0.8*limit:
			return ranked{bad(report.Caution, figure, because{
				"a member without free file descriptors takes no more clients and cannot write snapshots",
				"find the client that opens so many connections, or raise the container runtime's limit",
			}), open / limit}
		}
		return ranked{pass("%s", figure), open / limit}
	})
}
