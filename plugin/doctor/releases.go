package doctor

import (
	"fmt"
	"strings"

	"github.com/blang/semver/v4"
	"go.etcd.io/etcd/api/v3/version"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// versions judges whether the members run the same version, and whether the store has that version.
func versions(e *evidence) []finding {
	if e.answerCount() == 0 {
		return []finding{evidenceMissing(e.noAnswerReason())}
	}
	if found := e.fromStatus(report.Caution, withReason(advice.VersionsMixed)); len(found) > 0 {
		return found
	}
	all := e.answerCount() >= len(e.members)
	return e.eachAnswered(func(m memberEvidence) ranked {
		differs := m.StorageVersion != "" && minor(m.StorageVersion) != minor(m.Version)
		if differs && !all { // etcd raises it once it knows every member's version (server/etcdserver/version/monitor.go)
			f := evidenceMissing("the storage version follows once all members have started with the new version (see members)")
			f.Figure = fmt.Sprintf("%s, with storage version %s", m.Version, m.StorageVersion)
			return ranked{finding: f}
		}
		if differs {
			return ranked{bad(report.Caution, fmt.Sprintf("%s, with storage version %s", m.Version, m.StorageVersion), explanation{
				"an upgrade or a downgrade has not completed (https://etcd.io/docs/latest/downgrades/)",
				"check again in a minute; if this persists, see whether a downgrade is under way:\n" +
					e.cluster.Command("ctl") + " -- endpoint status --cluster --write-out=table\n" +
					"if one is under way that was not intended:\n" + e.cluster.Command("ctl") + " -- downgrade cancel",
			}), 1}
		}
		return ranked{finding: pass("%s", m.Version)}
	})
}

// minor returns the major and minor version, as in 3.7.
func minor(version string) string {
	parts := strings.SplitN(version, ".", 3)
	return strings.Join(parts[:min(len(parts), 2)], ".")
}

// releases judges whether a member's version still gets fixes. etcd maintains two minor versions
// (https://etcd.io/docs/latest/op-guide/versioning/). The newest version known here is that of the client library.
func releases(e *evidence) []finding {
	newest := semver.MustParse(version.Version)
	return e.eachAnswered(func(m memberEvidence) ranked {
		have, err := semver.Parse(strings.TrimPrefix(m.Version, "v"))
		if err != nil {
			return ranked{finding: evidenceMissing(fmt.Sprintf("version %q cannot be parsed", m.Version))}
		}
		figure := have.String()
		rank := float64(newest.Minor) - float64(have.Minor)
		switch {
		case have.Major == 3 && have.Minor == 5 && have.Patch < 3:
			return ranked{bad(report.Fail, figure, explanation{
				"members of 3.5.0 to 3.5.2 can hold different keys after they were killed (https://github.com/etcd-io/etcd/issues/13766)",
				"upgrade to the newest 3.5, then compare the members' stores",
			}), rank}
		case have.Major == newest.Major && have.Minor+1 < newest.Minor:
			return ranked{bad(report.Caution, figure, explanation{
				fmt.Sprintf("etcd maintains the two newest minor versions, and the newest one known here is %d.%d: this one gets no fixes, or soon will not", newest.Major, newest.Minor),
				"upgrade through each minor version (https://etcd.io/docs/latest/upgrades/)",
			}), rank}
		}
		return ranked{pass("%s", figure), rank}
	})
}
