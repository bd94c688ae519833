package etcd

import (
	"regexp"
	"slices"
	"strconv"

	pb "go.etcd.io/etcd/api/v3/etcdserverpb"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// alarmPattern reads one of the strings that Status carries for the alarms of the whole cluster
// (server/etcdserver/api/v3rpc/maintenance.go). Asking for the list itself takes a quorum. An alarm of no member at all
// has no memberID: etcd raises CORRUPT so where it cannot tell who is wrong (server/etcdserver/corrupt.go).
var alarmPattern = regexp.MustCompile(`^(?:memberID:\s*(\d+)\s+)?alarm:\s*(\w+)`)

// addAlarms gives each member the alarms that it raised. Every member knows those of all, so they are told too where
// the one that raised them is down, or gone.
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

// refusesWrites reports whether etcd takes no writes while such an alarm stands, whoever raised it
// (server/etcdserver/apply/capped.go and corrupt.go).
func refusesWrites(alarm string) bool {
	return alarm == pb.AlarmType_NOSPACE.String() || alarm == pb.AlarmType_CORRUPT.String()
}
