package advice

import (
	"fmt"
	"slices"
	"strings"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// absentMember stands for the member of an alarm that no longer exists, or that etcd does not know.
const absentMember = "a member that no longer exists"

// alarms returns one warning for each kind of alarm: every member raises NOSPACE when it reaches its quota.
func (v view) alarms() []report.Warning {
	raised := map[string][]string{}
	for _, m := range v.status.Members {
		for _, alarm := range m.Alarms {
			raised[alarm] = append(raised[alarm], m.Name)
		}
	}
	for _, alarm := range v.status.Alarms {
		raised[alarm] = append(raised[alarm], absentMember)
	}
	var found []report.Warning
	if alarm := v.status.Alarm; alarm != "" {
		found = warning(Alarm, fmt.Sprintf("alarm %s is active; log in as an etcd user to see which member raised it, and what to do", alarm),
			"pass --etcd-user and --etcd-password-file, or --etcd-credentials-secret")
	}
	for alarm, by := range raised {
		switch alarm {
		case pb.AlarmType_NOSPACE.String():
			found = append(found, v.noSpace(by)...)
		case pb.AlarmType_CORRUPT.String():
			found = append(found, v.corrupt(by)...)
		default:
			found = append(found, warning(Alarm, fmt.Sprintf("alarm %s, raised by %s", alarm, list(by)), v.etcdctl("alarm list"))...)
		}
	}
	slices.SortFunc(found, func(a, b report.Warning) int { return strings.Compare(a.Reason, b.Reason) })
	return found
}

func (v view) noSpace(by []string) []report.Warning {
	m := v.status.Fullest()
	message := fmt.Sprintf("alarm NOSPACE, raised by %s: writes are refused until it is disarmed (the database takes %s, %s of it in use; its quota is %s)",
		list(by), human.Bytes(m.DBSizeBytes), human.Bytes(m.DBInUseBytes), human.Bytes(m.QuotaBytes))
	return warning(NoSpace, message, append(v.makeSpace(m), v.etcdctl("alarm disarm"))...)
}

// ctlTimeout is etcdctl's timeout for one member, instead of 5 s. A defragmentation blocks a member until it is done (2.6 s
// for 298 MB were measured), and a physical compaction is answered only when it is complete. The timeout suffices for 8 GiB,
// the largest quota that etcd suggests, on a slow disk. "kubectl etcd ctl" itself has no shorter timeout.
const ctlTimeout = "10m"

// makeSpace returns the steps that make a database smaller. The compaction comes first: old revisions count as in use, and a
// defragmentation frees nothing of them.
func (v view) makeSpace(m report.Member) []string {
	steps := []string{v.etcdctl(fmt.Sprintf("compact %d --physical --command-timeout=%s", v.status.Revision, ctlTimeout)) +
		"   # deletes the history before this revision; if it has been compacted already, continue"}
	if free := m.DBSizeBytes - m.DBInUseBytes; free > 0 {
		steps = append(steps, fmt.Sprintf("defragmentation frees up to %s, and what the compaction has released:", human.Bytes(free)))
	}
	steps = append(steps, v.etcdctl("defrag --cluster --command-timeout="+ctlTimeout)+"   # one member at a time; a member does not answer meanwhile")
	if float64(m.DBInUseBytes) >= judge.QuotaHigh*float64(m.QuotaBytes) {
		steps = append(steps, v.raiseQuota(m)...)
	}
	return steps
}

// corrupt warns of a CORRUPT alarm. While it is active, etcd serves reads and refuses writes, and no member passes its
// readiness probe.
func (v view) corrupt(by []string) []report.Warning {
	disarm := v.etcdctl("alarm disarm")
	if slices.Contains(by, absentMember) {
		return warning(Corrupt, "alarm CORRUPT, raised for no present member: etcd could not determine whose data differs, or that member no longer exists; writes are refused until the alarm is disarmed",
			"find the member whose hash differs:", v.etcdctl("endpoint hashkv --cluster"), "replace that member, then:", disarm)
	}
	message := fmt.Sprintf("alarm CORRUPT, raised for %s: its data differs from the others', and writes are refused until the alarm is disarmed", list(by))
	if len(by) > judge.Tolerance(len(v.status.Voters())) {
		return warning(Corrupt, message, "these are not a minority, so the correct data cannot be determined here: save a snapshot of each member, compare their keys, and restore the cluster from the correct one",
			v.etcdctl("endpoint hashkv --cluster"))
	}
	steps, waits := v.renewData(by)
	if !waits {
		steps = append(steps, disarm)
	}
	return warning(Corrupt, message, steps...)
}

// Renew returns the steps by which members whose data differs get the data of the majority, one a line.
func Renew(c *cluster.Cluster, s report.Status, names []string) string {
	steps, _ := view{Cluster: c, status: s}.renewData(names)
	return lines(steps)
}

// renewData returns the steps by which members get the data of the others. waits reports that others have to come back before
// that, and the steps are only to bring them back.
func (v view) renewData(names []string) (steps []string, waits bool) {
	for _, name := range names {
		if v.ours() {
			steps = append(steps, v.Command("replace "+name+" --force"))
			continue
		}
		if down := v.othersDown(name); len(down) > 0 {
			return v.bringBack(down), true
		}
		m, _ := v.status.Member(name)
		steps = append(steps, v.rejoinWithoutData(m)...)
	}
	return steps, false
}

// quota warns that NOSPACE will be raised soon.
func (v view) quota() []report.Warning {
	m := v.status.Fullest()
	if m.QuotaShare() < judge.QuotaHigh || slices.ContainsFunc(v.alarms(), func(w report.Warning) bool { return w.Reason == NoSpace }) {
		return nil
	}
	message := fmt.Sprintf("the database of %q takes %s of its quota (%s of %s, %s in use): once it is full, writes are refused",
		m.Name, human.Percent(m.QuotaShare()), human.Bytes(m.DBSizeBytes), human.Bytes(m.QuotaBytes), human.Bytes(m.DBInUseBytes))
	return warning(QuotaNearlyUsed, message, v.makeSpace(m)...)
}

// volumes warns of data that is deleted with its pod: it is lost if a majority of the pods are deleted.
func (v view) volumes() []report.Warning {
	members, on := v.Volatile()
	if len(members) == 0 {
		return nil
	}
	return warning(VolatileData, fmt.Sprintf("the data of %s is on %s: if a majority of the members lose it, all keys are lost", list(members), on),
		"if the keys matter, move them to a cluster with persistent volumes:", v.UpWithVolumes())
}
