package doctor

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const noQuota = "the member does not report its quota"

// quota judges how full the databases are.
func quota(e *evidence) []finding {
	fullest := e.status.Fullest()
	result := report.Caution
	if fullest.QuotaShare() >= judge.QuotaFull {
		result = report.Fail
	}
	if found := e.fromStatus(result, withReason(advice.QuotaNearlyUsed)); len(found) > 0 {
		return found
	}
	return e.eachAnswered(func(m memberEvidence) ranked {
		share, known := judge.QuotaShare(m.Member)
		figure := fmt.Sprintf("%s of %s, %s", human.Bytes(m.DBSizeBytes), human.Bytes(m.QuotaBytes), human.Percent(share))
		switch {
		case !known:
			return ranked{finding: evidenceMissing(noQuota)}
		case share >= judge.QuotaHigh: // status warns of it with the alarm
			return ranked{bad(report.Fail, figure, explanation{"the database is full", "see alarms"}), share}
		}
		return ranked{pass("%s", figure), share}
	})
}

// fragmentation judges how much of each member's database file is free: deleted and compacted keys leave free pages.
func fragmentation(e *evidence) []finding {
	return e.eachAnswered(func(m memberEvidence) ranked {
		free, worth := judge.Fragmented(m.Member)
		figure := fmt.Sprintf("%s of %s free", human.Bytes(free), human.Bytes(m.DBSizeBytes))
		if worth {
			return ranked{bad(report.Caution, figure, explanation{
				"the quota counts the free space too, and only a defragmentation releases it",
				e.cluster.Command("ctl") + " -- defrag --cluster --command-timeout=10m   # one member at a time; a member does not answer meanwhile",
			}), float64(free)}
		}
		return ranked{pass("%s", figure), float64(free)}
	})
}

// compactionDue is how long without a compaction counts as none. etcd's guide keeps one hour of history.
const compactionDue = 24 * time.Hour

// compaction judges whether history is compacted: by etcd itself, or by a client such as Kubernetes' API server.
func compaction(e *evidence) []finding {
	return e.eachWithMetrics(func(m memberEvidence) ranked {
		compacted, found := m.metrics.value.value("etcd_debugging_mvcc_compact_revision")
		current, _ := m.metrics.value.value("etcd_debugging_mvcc_current_revision")
		last, _ := m.metrics.value.value("etcd_debugging_mvcc_db_compaction_last") // since the process started
		kept := current - max(compacted, 0)
		age := m.metrics.value.age(e.now)
		set := m.kubeMember.Server.Retention
		since := age
		if last > 0 {
			since = e.now.Sub(time.Unix(int64(last), 0))
		}
		growing := bad(report.Caution, fmt.Sprintf("%.0f revisions kept, none compacted in %s", kept, duration.HumanDuration(since)), explanation{
			"every change of every key is kept until the quota is reached, and then writes are refused",
			"set --auto-compaction-mode=periodic --auto-compaction-retention=1h (https://etcd.io/docs/latest/op-guide/maintenance/#history-compaction-v3-api-key-value-database)",
		})
		switch {
		case set != "" && set != "0":
			return ranked{finding: pass("automatic, %s; %.0f revisions kept", set, kept), rank: kept}
		case !found:
			return ranked{finding: evidenceMissing("the member's /metrics do not report its compactions")}
		case last > 0 && since < compactionDue:
			return ranked{finding: pass("by a client, %s ago; %.0f revisions kept", duration.HumanDuration(since), kept), rank: kept}
		case compacted > 0 && age < compactionDue:
			f := evidenceMissing("it was compacted before the process started, but not since")
			f.Figure = fmt.Sprintf("%.0f revisions kept", kept)
			return ranked{finding: f}
		}
		return ranked{growing, kept}
	})
}
