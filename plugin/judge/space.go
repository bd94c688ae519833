package judge

import "github.com/kubectl-etcd/kubectl-etcd/plugin/report"

// The shares of the quota from which a database is nearly full, and as good as full: etcd's own alerts call 95 %
// critical (contrib/mixin, etcdDatabaseQuotaLowSpace). At 100 % every write is refused.
const (
	QuotaHigh = 0.80
	QuotaFull = 0.95
)

// QuotaShare returns how much of its quota a member's database takes; known is false where it has none, or
// it could not be told.
func QuotaShare(m report.Member) (share float64, known bool) {
	return m.QuotaShare(), m.QuotaBytes > 0
}

// etcd's own alert etcdDatabaseHighFragmentationRatio takes half of the file, and leaves databases under 100 MiB alone
// (contrib/mixin).
const (
	fragmentedShare = 0.5
	fragmentedBytes = 100 << 20
)

// Fragmented reports whether a defragmentation gives back enough of a member's file to be worth its pause, and how much.
func Fragmented(m report.Member) (free int64, worth bool) {
	free = m.DBSizeBytes - m.DBInUseBytes
	return free, free > fragmentedBytes && float64(free) > fragmentedShare*float64(m.DBSizeBytes)
}

// MinQuota is the least quota that "up" takes, in bytes (kustomize/quota.go).
const MinQuota = 16 << 20
