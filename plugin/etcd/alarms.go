package etcd

import (
	"regexp"
	"slices"
	"strconv"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// alarmPattern parses one of the strings in which a Status response has the alarms of the whole cluster
// (server/etcdserver/api/v3rpc/maintenance.go). AlarmList would need a quorum. An alarm of no member has no memberID:
// etcd raises CORRUPT like that if it cannot tell which member is corrupt (server/etcdserver/corrupt.go).
var alarmPattern = regexp.MustCompile(`^(?:memberID:\s*(\d+)\s+)?alarm:\s*(\w+)`)

// addAlarms adds to each member the alarms that it raised. Every member knows the alarms of all, so alarms of a member
// that is down are included. Alarms of a member that is not in the status go to s.Alarms.
func addAlarms(s *report.Status, answers []answer) {
	raised := map[string][]string{} // by member ID
	for _, a := range answers {
		if a.status == nil {
			continue
		}
		for _, text := range a.status.Errors {
			found := alarmPattern.FindStringSubmatch(text)
			if found == nil {
				continue
			}
			number, _ := strconv.ParseUint(found[1], 10, 64)
			if id := idText(number); !slices.Contains(raised[id], found[2]) {
				raised[id] = append(raised[id], found[2])
			}
		}
	}
	for i, m := range s.Members {
		if alarms := raised[m.ID]; len(alarms) > 0 {
			s.Members[i].Alarms = alarms
			delete(raised, m.ID)
		}
	}
	for _, alarms := range raised {
		s.Alarms = append(s.Alarms, alarms...)
	}
	slices.Sort(s.Alarms)
	for _, m := range s.Members {
		s.WritesRefused = s.WritesRefused || slices.ContainsFunc(m.Alarms, refusesWrites)
	}
	s.WritesRefused = s.WritesRefused || slices.ContainsFunc(s.Alarms, refusesWrites)
}

// refusesWrites reports whether etcd refuses writes while an alarm of this type is active on any member
// (server/etcdserver/apply/capped.go and corrupt.go).
func refusesWrites(alarm string) bool {
	return alarm == pb.AlarmType_NOSPACE.String() || alarm == pb.AlarmType_CORRUPT.String()
}
