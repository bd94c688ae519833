package etcd_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// memberLimit is the limit of each member in these tests. It is short where a member hangs on purpose.
const memberLimit = 2 * time.Second

// handles returns the members as the plugin has them: each with its own client.
func handles(t *testing.T, c *etcdtest.Cluster) []etcd.Member {
	t.Helper()
	var members []etcd.Member
	for _, m := range c.Members {
		members = append(members, etcd.Member{Name: m.Name, Pod: m.Name, Client: etcdtest.Client(t, m.Endpoint)})
	}
	return members
}

// health is the part of a status that the tests compare: the rest differs between runs.
type health struct {
	Name    string
	Role    report.Role
	Healthy bool
	Alarms  string
	Error   bool
}

func healths(s report.Status) []health {
	var out []health
	for _, m := range s.Members {
		role := m.Role
		if role == report.Leader {
			role = report.Follower // the leader is random
		}
		out = append(out, health{m.Name, role, m.Healthy, strings.Join(m.Alarms, ","), m.Error != ""})
	}
	return out
}

func TestStatusOfHealthyMembers(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	members := handles(t, c)
	s := etcd.Status(t.Context(), members, memberLimit)
	// The leader sets the storage version some time after its election, and followers learn it later.
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && slices.ContainsFunc(s.Members, unversioned); {
		s = etcd.Status(t.Context(), members, memberLimit)
	}

	want := []health{
		{Name: "etcd-0", Role: report.Follower, Healthy: true},
		{Name: "etcd-1", Role: report.Follower, Healthy: true},
		{Name: "etcd-2", Role: report.Follower, Healthy: true},
	}
	if diff := cmp.Diff(want, healths(s)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if !s.Healthy || s.Leader == "" || s.Term == 0 || s.Quorum != (report.Quorum{Have: 3, Need: 2}) {
		t.Errorf("healthy %v, leader %q, term %d, quorum %+v", s.Healthy, s.Leader, s.Term, s.Quorum)
	}
	for _, m := range s.Members {
		if m.ID == "" || m.Version == "" || m.StorageVersion == "" || m.DBSizeBytes == 0 || m.Latency == "" {
			t.Errorf("member %s is not complete: %+v", m.Name, m)
		}
	}
}

func unversioned(m report.Member) bool { return m.StorageVersion == "" }

// TestLeaderHasNameOfItsRow has a member without a configured name: etcd calls it "default", in every cluster.
func TestLeaderHasNameOfItsRow(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	members := handles(t, c)
	for i := range members {
		members[i].Name = "pod-" + members[i].Name
	}
	s := etcd.Status(t.Context(), members, memberLimit)
	if diff := cmp.Diff(s.Leaders(), []string{s.Leader}); diff != "" || !strings.HasPrefix(s.Leader, "pod-") {
		t.Fatalf("leader (-its row +the summary):\n%s", diff)
	}
	moved, err := etcd.MoveLeader(t.Context(), members, s, "")
	if err != nil || !strings.HasPrefix(moved, "pod-") || moved == s.Leader {
		t.Errorf("moved from %q to %q, %v", s.Leader, moved, err)
	}
}

func TestStatusWithADeadAndAHungMember(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	members := handles(t, c)
	c.Members[1].Stop()
	members[2].Client = etcdtest.Client(t, etcdtest.Silent(t))

	begin := time.Now()
	s := etcd.Status(t.Context(), members, memberLimit)
	if took := time.Since(begin); took > 2*memberLimit {
		t.Errorf("it took %s; two members that do not answer may cost their own limit of %s, once", took, memberLimit)
	}
	if len(s.Members) != 3 {
		t.Fatalf("%d rows, want one for each member: %+v", len(s.Members), s.Members)
	}
	for _, m := range s.Members[1:] {
		if m.Healthy || m.Error == "" || m.ID == "" {
			t.Errorf("member %s: healthy %v, error %q, ID %q; want its row, with the reason and the ID from the membership", m.Name, m.Healthy, m.Error, m.ID)
		}
	}
	if !s.Members[0].Healthy {
		t.Errorf("the member that answers is not healthy: %s", s.Members[0].Error)
	}
	if want := (report.Quorum{Have: 1, Need: 2}); s.Quorum != want || s.Healthy {
		t.Errorf("quorum %+v, healthy %v; want %+v, false", s.Quorum, s.Healthy, want)
	}
}

func TestStatusWithoutQuorum(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	members := handles(t, c)
	c.Members[1].Stop()
	c.Members[2].Stop()

	s := etcd.Status(t.Context(), members, memberLimit)
	m := s.Members[0]
	if m.Version == "" || m.Healthy || !strings.HasPrefix(m.Error, "linearizable read: ") {
		t.Errorf("member without a quorum: version %q, healthy %v, error %q; want an answer, and that it cannot serve", m.Version, m.Healthy, m.Error)
	}
	if want := (report.Quorum{Have: 0, Need: 2}); s.Quorum != want {
		t.Errorf("quorum %+v, want %+v", s.Quorum, want)
	}
}

// TestStatusOfSeveralClusters checks that members of several clusters are reported with neither a quorum nor a leader.
func TestStatusOfSeveralClusters(t *testing.T) {
	for name, change := range map[string]func(*embed.Config){"several cluster IDs": nil, "the same IDs": func(cfg *embed.Config) {
		cfg.Name, cfg.InitialCluster, cfg.AdvertisePeerUrls = "default", "default=http://localhost:2380", etcdtest.URLs(t, "http://localhost:2380")
	}} {
		t.Run(name, func(t *testing.T) {
			var members []etcd.Member
			for _, pod := range []string{"etcd-0", "etcd-1"} {
				m := etcdtest.Start(t, 1, change).Members[0]
				members = append(members, etcd.Member{Name: pod, Pod: pod, Client: etcdtest.Client(t, m.Endpoint)})
			}
			s := etcd.Status(t.Context(), members, time.Minute)
			if !s.SeveralClusters() || s.Healthy || s.Leader != "" || s.Term != 0 || s.Revision != 0 || s.Quorum.Have != 0 {
				t.Errorf("%+v", s)
			}
		})
	}
}

func TestStatusOfAMemberThatWasNeverStarted(t *testing.T) {
	c := etcdtest.Start(t, 1, nil)
	members := handles(t, c)
	if _, err := members[0].Client.MemberAddAsLearner(t.Context(), []string{"http://etcd-1.etcd.ns.svc:2380"}); err != nil {
		t.Fatal(err)
	}
	want := []health{
		{Name: "etcd-0", Role: report.Follower, Healthy: true},
		{Name: "etcd-1", Role: report.Learner, Error: true},
	}
	s := etcd.Status(t.Context(), members, memberLimit)
	if diff := cmp.Diff(want, healths(s)); diff != "" {
		t.Errorf("without a pod (-want +got):\n%s", diff)
	}
	// If the pod does not run, the host in the peer URL identifies it: a member has no name before it starts.
	members = append(members, etcd.Member{Name: "etcd-1", Pod: "etcd-1", PodProblem: "CrashLoopBackOff"})
	s = etcd.Status(t.Context(), members, memberLimit)
	if diff := cmp.Diff(want, healths(s)); diff != "" {
		t.Errorf("with a pod (-want +got):\n%s", diff)
	}
	if s.Quorum.Need != 1 || s.Healthy {
		t.Errorf("a learner counts for the quorum (%+v), or an unstarted one as healthy (%v)", s.Quorum, s.Healthy)
	}
}

func TestStatusHasAlarmsOfMemberThatRaisedThem(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	members := handles(t, c)
	raise(t, members[1], pb.AlarmType_NOSPACE)
	// The other members apply the alarm a moment later.
	var s report.Status
	for range 100 {
		if s = etcd.Status(t.Context(), members, memberLimit); len(s.Members[1].Alarms) > 0 {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	var got []string
	for _, m := range s.Members {
		got = append(got, strings.Join(m.Alarms, ","))
	}
	if diff := cmp.Diff([]string{"", "NOSPACE", ""}, got); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
}

func raise(t *testing.T, m etcd.Member, alarm pb.AlarmType) {
	t.Helper()
	status, err := m.Client.Status(t.Context(), m.Client.Endpoints()[0])
	if err != nil {
		t.Fatal(err)
	}
	_, err = pb.NewMaintenanceClient(m.Client.ActiveConnection()).Alarm(t.Context(), &pb.AlarmRequest{
		Action: pb.AlarmRequest_ACTIVATE, MemberID: status.Header.MemberId, Alarm: alarm,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestVersions(t *testing.T) {
	s := report.Status{Head: report.Head{Cluster: "etcd", Namespace: "data"}, Members: []report.Member{
		{Name: "etcd-0", Version: "3.7.3", StorageVersion: "3.6.0"},
		{Name: "etcd-1", Version: "3.6.16"},
		{Name: "etcd-2", Error: "no answer within 3s"},
	}}
	got := etcd.Versions(report.Version{Plugin: "v1"}, s)
	want := report.Version{
		Plugin: "v1", Cluster: "etcd", Namespace: "data", Level: "3.6.0",
		Members: []report.MemberVersion{
			{Name: "etcd-0", Version: "3.7.3", StorageVersion: "3.6.0"},
			{Name: "etcd-1", Version: "3.6.16"},
			{Name: "etcd-2", Error: "no answer within 3s"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
