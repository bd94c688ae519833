package doctor

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestMetricsOfRealMembers reads the metrics of members of each minor version after "etcdctl check perf" on a slow
// disk. The files have only the families that the checks use.
func TestMetricsOfRealMembers(t *testing.T) {
	for version, want := range map[string][]string{
		"3.5.35": {
			"fsync: p50 1.53ms, p99 212ms of 3093", "commit: p50 10ms, p99 503ms of 333", "peers: 1", "applied: 5757",
			"range_total: 83", "slow_apply_total: 24", "heartbeat_send_failures_total: 128", "leader_changes_seen_total: 3",
			"quota_backend_bytes: 2147483648", "open_fds: 23", "max_fds: 20000", "start_time_seconds: 1795384643",
			"compact_revision: -1", "current_revision: 5755", "compaction_last: 0",
		},
		"3.6.16": {
			"fsync: p50 1.35ms, p99 44ms of 4139", "commit: p50 3.43ms, p99 162ms of 468", "peers: 2", "applied: 6647",
			"range_total: 1208", "slow_apply_total: 6", "heartbeat_send_failures_total: 176", "leader_changes_seen_total: 1",
			"quota_backend_bytes: 2147483648", "open_fds: 29", "max_fds: 20000", "start_time_seconds: 1795384645",
			"compact_revision: -1", "current_revision: 6644", "compaction_last: 0",
		},
		"3.7.3": {
			"fsync: p50 1.81ms, p99 149ms of 3336", "commit: p50 12ms, p99 480ms of 337", "peers: 2", "applied: 5693",
			"range_total: 1249", "slow_apply_total: 31", "heartbeat_send_failures_total: 245", "leader_changes_seen_total: 1",
			"quota_backend_bytes: 2147483648", "open_fds: 29", "max_fds: 20000", "start_time_seconds: 1795384602",
			"compact_revision: -1", "current_revision: 5689", "compaction_last: 0",
		},
	} {
		t.Run(version, func(t *testing.T) {
			file, err := os.Open("testdata/metrics-" + version + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			m, err := parseMetrics(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, metricLines(m)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// metricLines returns every value that the checks read from a member's metrics.
func metricLines(m metrics) []string {
	latency := func(h histogram) string {
		return fmt.Sprintf("p50 %s, p99 %s of %d", millis(h.quantile(0.5)), millis(h.quantile(0.99)), h.count)
	}
	texts := []string{
		"fsync: " + latency(m.histogram("etcd_disk_wal_fsync_duration_seconds")),
		"commit: " + latency(m.histogram("etcd_disk_backend_commit_duration_seconds")),
		fmt.Sprintf("peers: %d", len(m.histograms("etcd_network_peer_round_trip_time_seconds", "To"))),
		fmt.Sprintf("applied: %d", m.observations("etcd_server_apply_duration_seconds")),
	}
	for _, name := range []string{
		"etcd_mvcc_range_total", "etcd_server_slow_apply_total", "etcd_server_heartbeat_send_failures_total", "etcd_server_leader_changes_seen_total",
		"etcd_server_quota_backend_bytes", "process_open_fds", "process_max_fds", "process_start_time_seconds",
		"etcd_debugging_mvcc_compact_revision", "etcd_debugging_mvcc_current_revision", "etcd_debugging_mvcc_db_compaction_last",
	} {
		v, found := m.value(name)
		for _, prefix := range []string{"etcd_", "debugging_", "mvcc_", "server_", "process_", "db_"} {
			name = strings.TrimPrefix(name, prefix)
		}
		if found {
			texts = append(texts, fmt.Sprintf("%s: %.0f", name, v))
		}
	}
	return texts
}

func TestQuantile(t *testing.T) {
	h := histogram{count: 100, buckets: []bucket{{1, 0}, {2, 50}, {4, 90}, {8, 98}}} // two are above all bounds
	for q, want := range map[float64]time.Duration{
		0.25: 1500 * time.Millisecond, // halfway through the bucket from 1 to 2
		0.5:  2 * time.Second,
		0.7:  3 * time.Second,
		0.98: 8 * time.Second,
		0.99: 8 * time.Second, // above the highest bound, which is the best estimate
		0:    time.Second,     // the first bucket with observations begins at 1
	} {
		if got := h.quantile(q); got != want {
			t.Errorf("%v: %s, want %s", q, got, want)
		}
	}
	if got := (histogram{}).quantile(0.99); got != 0 {
		t.Errorf("of nothing: %s", got)
	}
}

func TestSpeed(t *testing.T) {
	first := func(pairs ...string) func(*evidence) {
		return func(e *evidence) { only(1)(e); e.members[0].metrics = counted(t, pairs...) }
	}
	second := func(pairs ...string) func(*evidence) {
		return func(e *evidence) { only(2)(e); e.members[1].metrics = counted(t, pairs...) }
	}
	run(t, map[string]caseOf{
		"quick":     {"fsync", first(), []string{"pass etcd-0: p50 1ms, p99 1.98ms of 1000 in 120m"}},
		"slow":      {"fsync", first(`le="0.002"} 1000`, `le="0.016"} 1000`), []string{"warn etcd-0: p50 1ms, p99 16ms of 1000 in 120m"}},
		"stops":     {"fsync", first(`le="0.001"} 500`, `le="1"} 500`, `le="0.002"} 1000`, `le="2"} 1000`), []string{"fail etcd-0: p50 1s, p99 1.98s of 1000 in 120m"}},
		"too few":   {"fsync", first("seconds_count 1000", "seconds_count 99"), []string{"unknown etcd-0: 99 in 120m"}},
		"missing":   {"fsync", first("etcd_disk_wal", "other"), []string{"unknown etcd-0: the member's /metrics have no etcd_disk_…"}},
		"no answer": {"fsync", func(e *evidence) { only(1)(e); down(0)(e) }, []string{"unknown etcd-0: connection refused"}},
		"the worst first": {
			"fsync", second(`le="0.002"} 1000`, `le="0.016"} 1000`),
			[]string{"warn etcd-1: p50 1ms, p99 16ms of 1000 in 120m", "pass etcd-0: p50 1ms, p99 1.98ms of 1000 in 120m"},
		},
		"quick commits": {"commit", first(), []string{"pass etcd-0: p50 2ms, p99 3.96ms of 1000 in 120m"}},
		"slow commits":  {"commit", first(`le="0.004"} 1000`, `le="0.032"} 1000`), []string{"warn etcd-0: p50 16ms, p99 32ms of 1000 in 120m"}},
		"near":          {"peer-latency", second(), []string{"pass etcd-0: p50 5ms, p99 9.9ms of 200 in 120m to etcd-1", "pass etcd-1: p50 5ms, p99 9.9ms of 200 in 120m to etcd-1"}},
		"far":           {"peer-latency", second(`le="0.01"} 200`, `le="0.2"} 200`), []string{"warn etcd-1: p50 100ms, p99 198ms of 200 in 120m to etcd-1", "pass etcd-0: p50 5ms, p99 9.9ms of 200 in 120m to etcd-1"}},
		"no peers yet": {"peer-latency", func(e *evidence) {
			only(2)(e)
			e.members[0].metrics = counted(t, "round_trip", "x")
			e.members[1].metrics = e.members[0].metrics
		}, []string{"unknown etcd-0: 0 in 120m", "unknown etcd-1: 0 in 120m"}},
		"one member":    {"peer-latency", only(1), nil},
		"applies":       {"slow-applies", first(), []string{"pass etcd-0: 2 of 2000 in 120m"}},
		"slow applies":  {"slow-applies", first("slow_apply_total 2", "slow_apply_total 21"), []string{"warn etcd-0: 21 of 2000 in 120m"}},
		"few applies":   {"slow-applies", first(`count{op="Put"} 1000`, `count{op="Put"} 1`, "range_total 1000", "range_total 9"), []string{"unknown etcd-0: 10 in 120m"}},
		"on time":       {"heartbeats", first(), []string{"pass etcd-0: 0 in 120m"}},
		"some are late": {"heartbeats", first("failures_total 0", "failures_total 72"), []string{"pass etcd-0: 72 in 120m"}},
		"late":          {"heartbeats", first("failures_total 0", "failures_total 73"), []string{"warn etcd-0: 73 in 120m"}},
		"stable":        {"leader-changes", first(), []string{"pass etcd-0: 1 in 120m"}},
		"unstable":      {"leader-changes", first("seen_total 1", "seen_total 33"), []string{"warn etcd-0: 33 in 120m"}},
		"files":         {"open-files", first(), []string{"pass etcd-0: 30 of 20000"}},
		"many files":    {"open-files", first("open_fds 30", "open_fds 16000"), []string{"warn etcd-0: 16000 of 20000"}},
		"files missing": {"open-files", first("process_max_fds", "other"), []string{"unknown etcd-0: the member's /metrics have no process_ma…"}},
	})
}

func TestSpace(t *testing.T) {
	first := func(pairs ...string) func(*evidence) {
		return func(e *evidence) {
			only(1)(e)
			e.members[0].metrics = counted(t, pairs...)
			e.members[0].kubeMember.Server.Retention = ""
		}
	}
	size := func(size, used int64) func(*evidence) {
		return func(e *evidence) { only(1)(e); e.members[0].DBSizeBytes, e.members[0].DBInUseBytes = size, used }
	}
	run(t, map[string]caseOf{
		"plenty":          {"quota", only(1), []string{"pass etcd-0: 20 MiB of 2.0 GiB, less than 1 %"}},
		"missing":         {"quota", func(e *evidence) { only(1)(e); e.members[0].QuotaBytes = 0 }, []string{"unknown etcd-0: the member does not report its quota"}},
		"no answer":       {"quota", func(e *evidence) { only(1)(e); down(0)(e) }, []string{"unknown etcd-0: no answer within 3s"}},
		"full, alarmed":   {"quota", func(e *evidence) { size(2<<30, 1<<30)(e); e.members[0].Alarms = []string{"NOSPACE"} }, []string{"fail etcd-0: 2.0 GiB of 2.0 GiB, 100 %"}},
		"not fragmented":  {"fragmentation", size(300<<20, 200<<20), []string{"pass etcd-0: 100 MiB of 300 MiB free"}},
		"fragmented":      {"fragmentation", size(300<<20, 100<<20), []string{"warn etcd-0: 200 MiB of 300 MiB free"}},
		"automatic":       {"compaction", only(1), []string{"pass etcd-0: automatic, 1h; 100 revisions kept"}},
		"by a client":     {"compaction", first(), []string{"pass etcd-0: by a client, 13m ago; 100 revisions kept"}},
		"never":           {"compaction", first("compact_revision 900", "compact_revision -1", "last 1795348000", "last 0"), []string{"warn etcd-0: 1000 revisions kept, none compacted in 120m"}},
		"not since start": {"compaction", first("last 1795348000", "last 0"), []string{"unknown etcd-0: 100 revisions kept"}},
		"not for days":    {"compaction", first("last 1795348000", "last 1795100000", "seconds 1795341600", "seconds 1795000000"), []string{"warn etcd-0: 100 revisions kept, none compacted in 2d21h"}},
	})
}
