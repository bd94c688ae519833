package etcd

import (
	"strings"

	"github.com/blang/semver/v4"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Versions adds the versions of the members to v. The cluster's version is the lowest minor version of its members, as
// etcd decides it (server/etcdserver/version/monitor.go).
func Versions(v report.Version, s report.Status) report.Version {
	v.Cluster, v.Namespace = s.Cluster, s.Namespace
	var lowest *semver.Version
	for _, m := range s.Members {
		v.Members = append(v.Members, report.MemberVersion{
			Name: m.Name, Version: m.Version, StorageVersion: m.StorageVersion, Error: m.Error,
		})
		server, err := semver.Parse(strings.TrimPrefix(m.Version, "v"))
		if err == nil && (lowest == nil || server.LT(*lowest)) {
			lowest = &server
		}
	}
	if lowest != nil {
		v.Level = semver.Version{Major: lowest.Major, Minor: lowest.Minor}.String()
	}
	return v
}
