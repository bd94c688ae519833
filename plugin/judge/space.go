package judge

import "github.com/kubectl-etcd/kubectl-etcd/plugin/report"

// The shares of the quota from which a database counts as nearly full and as full. etcd's own alert is critical at 95 %
// (contrib/mixin, etcdDatabaseQuotaLowSpace). At 100 % every write is refused.
const (
	QuotaHigh = 0.80
	QuotaFull = 0.95
)

// QuotaShare returns the share of its quota that a member's database takes; known is false if the quota is unknown.
func QuotaShare(m report.Member) (share float64, known bool) {
	return m.QuotaShare(), m.QuotaBytes > 0
}

// The thresholds of etcd's own alert etcdDatabaseHighFragmentationRatio: half of the file, and no alert for a database
// under 100 MiB (contrib/mixin).
const (
	fragmentedShare = 0.5
	fragmentedBytes = 100 << 20
)

// Fragmented returns how many bytes a defragmentation would free, and whether that is worth the pause that it causes.
func Fragmented(m report.Member) (free int64, worth bool) {
	free = m.DBSizeBytes - m.DBInUseBytes
	return free, free > fragmentedBytes && float64(free) > fragmentedShare*float64(m.DBSizeBytes)
}

// MinQuota is the smallest quota that "up" accepts, in bytes (kustomize/quota.go).
const MinQuota = 16 << 20
