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

// nobody stands for the member that an alarm names and that there is no more, or that etcd could not tell.
const nobody = "a member that there is no more"

// alarms warns of each kind once: NOSPACE is raised by every member as it meets its quota.
func (v view) alarms() []report.Warning {
	raised := map[string][]string{}
	for _, m := range v.status.Members {
		for _, alarm := range m.Alarms {
			raised[alarm] = append(raised[alarm], m.Name)
		}
	}
	for _, alarm := range v.status.Alarms {
		raised[alarm] = append(raised[alarm], nobody)
	}
	var found []report.Warning
	if alarm := v.status.Alarm; alarm != "" {
		found = one(Alarm, fmt.Sprintf("alarm %s stands; who raised it, and what to do, takes a user of etcd to see", alarm),
			"pass --etcd-user and --etcd-password-file, or --etcd-credentials-secret")
	}
	for alarm, by := range raised {
		switch alarm {
		case pb.AlarmType_NOSPACE.String():
			found = append(found, v.noSpace(by)...)
		case pb.AlarmType_CORRUPT.String():
			found = append(found, v.corrupt(by)...)
		default:
			found = append(found, one(Alarm, fmt.Sprintf("alarm %s, raised by %s", alarm, list(by)), v.etcdctl("alarm list"))...)
		}
	}
	slices.SortFunc(found, func(a, b report.Warning) int { return strings.Compare(a.Reason, b.Reason) })
	return found
}

func (v view) noSpace(by []string) []report.Warning {
	m := v.status.Fullest()
	message := fmt.Sprintf("alarm NOSPACE, raised by %s: writes are refused until it is disarmed (the database takes %s, %s of it in use; its quota is %s)",
		list(by), human.Bytes(m.DBSizeBytes), human.Bytes(m.DBInUseBytes), human.Bytes(m.QuotaBytes))
	return one(NoSpace, message, append(v.makeSpace(m), v.etcdctl("alarm disarm"))...)
}

// patience is how long etcdctl waits for one member, in place of 5 s. A defragmentation stops a member for as long as it
// takes (2.6 s for 298 MB were measured), and a physical compaction is answered only when all of it is done: 8 GiB, which is
// the largest quota that etcd suggests, keep this on a slow disk. "kubectl etcd ctl" itself ends nothing before that.
const patience = "10m"

// makeSpace is how a database gets smaller. The compaction comes first: what etcd calls in use are the old revisions too,
// and where those fill the database a defragmentation alone gives nothing back.
func (v view) makeSpace(m report.Member) []string {
	steps := []string{v.etcdctl(fmt.Sprintf("compact %d --physical --command-timeout=%s", v.status.Revision, patience)) +
		"   # drops the history before this revision; where it has been compacted already, go on"}
	if free := m.DBSizeBytes - m.DBInUseBytes; free > 0 {
		steps = append(steps, fmt.Sprintf("defragmentation gives up to %s back, and what the compaction has freed:", human.Bytes(free)))
	}
	steps = append(steps, v.etcdctl("defrag --cluster --command-timeout="+patience)+"   # one by one; a member does not answer meanwhile")
	if float64(m.DBInUseBytes) >= judge.QuotaHigh*float64(m.QuotaBytes) {
		steps = append(steps, v.raiseQuota(m)...)
	}
	return steps
}

// corrupt: etcd serves reads and refuses writes while the alarm stands, and no member passes its readiness probe.
func (v view) corrupt(by []string) []report.Warning {
	disarm := v.etcdctl("alarm disarm")
	if slices.Contains(by, nobody) {
		return one(Corrupt, "alarm CORRUPT, of no present member: etcd could not tell whose data differs, or it was raised for one that is gone; writes are refused until it is disarmed",
			"see who differs:", v.etcdctl("endpoint hashkv --cluster"), "replace that member, then:", disarm)
	}
	message := fmt.Sprintf("alarm CORRUPT, raised for %s: its data differs from the others', and writes are refused until the alarm is disarmed", list(by))
	if len(by) > judge.Tolerance(len(v.status.Voters())) {
		return one(Corrupt, message, "that is no minority, and which data is right cannot be told from here: save a snapshot of each member, see which has what, and restore the cluster from that one",
			v.etcdctl("endpoint hashkv --cluster"))
	}
	steps, waits := v.renew(by)
	if !waits {
		steps = append(steps, disarm)
	}
	return one(Corrupt, message, steps...)
}

// Renew is how members get the data that the majority has, one step a line: theirs differs.
func Renew(c *cluster.Cluster, s report.Status, names []string) string {
	steps, _ := view{Cluster: c, status: s}.renew(names)
	return lines(steps)
}

// renew is how members get the data of the others; waits says that others have to come back before.
func (v view) renew(names []string) (steps []string, waits bool) {
	for _, name := range names {
		if v.ours() {
			steps = append(steps, v.Command("replace "+name+" --force"))
			continue
		}
		if down := v.othersDown(name); len(down) > 0 {
			return v.bringBack(down), true
		}
		m, _ := v.status.Member(name)
		steps = append(steps, v.anew(m)...)
	}
	return steps, false
}

// quota warns before NOSPACE is raised.
func (v view) quota() []report.Warning {
	m := v.status.Fullest()
	if m.QuotaShare() < judge.QuotaHigh || slices.ContainsFunc(v.alarms(), func(w report.Warning) bool { return w.Reason == NoSpace }) {
		return nil
	}
	message := fmt.Sprintf("the database of %q takes %s of its quota (%s of %s, %s in use): once it is full, writes are refused",
		m.Name, human.Percent(m.QuotaShare()), human.Bytes(m.DBSizeBytes), human.Bytes(m.QuotaBytes), human.Bytes(m.DBInUseBytes))
	return one(QuotaNearlyUsed, message, v.makeSpace(m)...)
}

// volumes warns where the data goes with the pods: members that are restarted at the same time lose all of it.
func (v view) volumes() []report.Warning {
	members, on := v.Volatile()
	if len(members) == 0 {
		return nil
	}
	return one(VolatileData, fmt.Sprintf("the data of %s is on %s: when a majority of the pods go, every key goes with them", list(members), on),
		"where the keys matter, move them to a cluster with volumes:", v.UpWithVolumes())
}
