package report

// The shares of the quota from which a database is nearly full, and as good as full: etcd's own alerts call 95 %
// critical (contrib/mixin, etcdDatabaseQuotaLowSpace). At 100 % every write is refused.
const (
	QuotaHigh = 0.80
	QuotaFull = 0.95
)
