package etcd

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// says returns the answer of a member that knows these alarms, in etcd's format.
func says(alarms ...*pb.AlarmMember) answer {
	a := answer{status: &clientv3.StatusResponse{Errors: []string{"etcdserver: no leader"}}}
	for _, alarm := range alarms {
		a.status.Errors = append(a.status.Errors, alarm.String())
	}
	return a
}

func TestAddAlarms(t *testing.T) {
	noSpace := func(id uint64) *pb.AlarmMember {
		return &pb.AlarmMember{MemberID: id, Alarm: pb.AlarmType_NOSPACE}
	}
	corrupt := func(id uint64) *pb.AlarmMember {
		return &pb.AlarmMember{MemberID: id, Alarm: pb.AlarmType_CORRUPT}
	}
	down := answer{err: explained{text: "down"}}
	cases := map[string]struct {
		answers []answer
		want    [2][]string // of members a and b
		left    []string
	}{
		"none":                              {answers: []answer{says(), says()}},
		"of each the same":                  {answers: []answer{says(noSpace(10), noSpace(11)), says(noSpace(10), noSpace(11))}, want: [2][]string{{"NOSPACE"}, {"NOSPACE"}}},
		"two of one":                        {answers: []answer{says(noSpace(10), corrupt(10)), says()}, want: [2][]string{{"NOSPACE", "CORRUPT"}}},
		"of one that is down":               {answers: []answer{says(corrupt(11)), down}, want: [2][]string{1: {"CORRUPT"}}},
		"of one that is gone":               {answers: []answer{says(noSpace(12)), says(noSpace(12))}, left: []string{"NOSPACE"}},
		"of nobody, as etcd cannot say who": {answers: []answer{says(corrupt(0)), down}, left: []string{"CORRUPT"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := report.Status{Members: []report.Member{{ID: idText(10)}, {ID: idText(11)}}}
			addAlarms(&s, c.answers)
			if diff := cmp.Diff(c.want, [2][]string{s.Members[0].Alarms, s.Members[1].Alarms}); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.left, s.Alarms); diff != "" {
				t.Errorf("left (-want +got):\n%s", diff)
			}
			if raised := name != "none"; s.WritesRefused != raised {
				t.Errorf("writes refused: %v, want %v", s.WritesRefused, raised)
			}
		})
	}
}
