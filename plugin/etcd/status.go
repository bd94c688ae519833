package etcd

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"sort"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// healthKey is the key of the linearizable read that checks a member. etcdctl endpoint health reads the same key.
const healthKey = "health"

// answer is the result of the calls to one member.
type answer struct {
	status  *clientv3.StatusResponse
	members []*etcdserverpb.Member
	latency time.Duration
	err     error // of Status: the member does not answer
	readErr error // of the linearizable read: the member answers, but has no quorum
}

// Status makes calls to every member separately and concurrently, because one endpoint hides a partitioned follower.
// Each member gets at most limit. A member that does not answer keeps its row, with the error.
func Status(ctx context.Context, members []Member, limit time.Duration) report.Status {
	answers := make([]answer, len(members))
	var wg sync.WaitGroup
	for i, m := range members {
		wg.Go(func() { answers[i] = ask(ctx, m, limit) })
	}
	wg.Wait()

	result := report.Status{Head: report.Head{Meta: report.NewMeta("Status")}, Warnings: []report.Warning{}}
	result.Members = rows(members, answers)
	addAlarms(&result, answers)
	summarize(&result, answers)
	return result
}

func ask(ctx context.Context, m Member, limit time.Duration) answer {
	if m.Client == nil || m.PodProblem != "" {
		return answer{err: explained{text: m.PodProblem}}
	}
	asked, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	var a answer
	var wg sync.WaitGroup
	// MemberList is serializable, because it must work without a quorum.
	wg.Go(func() {
		if resp, err := m.Client.MemberList(asked, clientv3.WithSerializable()); err == nil {
			a.members = resp.Members
		}
	})
	if a.status, a.err = m.maintenance().Status(asked, ""); a.err == nil || refused(a.err) {
		// The read comes after Status, so that its latency does not include opening the connection.
		begin := time.Now()
		_, a.readErr = m.Client.Get(asked, healthKey, clientv3.WithKeysOnly())
		a.latency = time.Since(begin)
	} else {
		cancel() // MemberList would be retried until the limit
	}
	wg.Wait()
	if a.err != nil {
		a.err = timedOut(ctx, limit, a.err)
	}
	if a.readErr != nil {
		a.readErr = readProblem(ctx, limit, a.readErr)
	}
	return a
}

// refused reports whether etcd's authentication denied a request.
func refused(err error) bool {
	return errors.Is(err, rpctypes.ErrPermissionDenied) || errors.Is(err, rpctypes.ErrUserEmpty)
}

// readProblem drops access denied: a member had to reach the quorum to decide that, so it is healthy.
func readProblem(ctx context.Context, limit time.Duration, err error) error {
	if refused(err) {
		return nil
	}
	return explained{"linearizable read: " + timedOut(ctx, limit, err).Error(), err}
}

// rows merges the answers of the pods with the membership. A pod that is not a member and a member without a pod both
// get a row.
func rows(members []Member, answers []answer) []report.Member {
	listed := membership(answers)
	byID := make(map[uint64]int, len(listed))
	byName := make(map[string]int, len(listed))
	byHost := make(map[string]int, len(listed))
	for i, l := range listed {
		byID[l.ID] = i
		byName[memberName(l)] = i
		byHost[peerHost(l)] = i
	}
	matched := make(map[int]bool, len(listed))
	var out []report.Member
	for i, m := range members {
		row := newRow(m, answers[i])
		at, found := byName[m.Name]
		if !found && m.Pod != "" { // if all members have the same name, the pod's name identifies them
			at, found = byHost[m.Pod]
			found = found && !matched[at]
		}
		if answers[i].status != nil {
			at, found = byID[answers[i].status.Header.MemberId]
		}
		if found && matched[at] && row.Error == "" { // single members with etcd's default settings all have the same ID
			row.Healthy, row.Reason = false, "another cluster"
			row.Error = "the pod answers with the member ID of another pod: they do not belong to one cluster"
		} else if found {
			matched[at] = true
			addMembership(&row, listed[at])
		} else if len(listed) > 0 && row.Error == "" {
			row.Healthy, row.Reason, row.Error = false, "not a member", "the pod runs etcd but is not a member of the cluster"
		}
		out = append(out, row)
	}
	for i, l := range listed {
		if !matched[i] {
			row := report.Member{Name: memberName(l), Alarms: []string{}, Reason: "no pod", Error: "the membership list has the member, but it has no pod here"}
			addMembership(&row, l)
			if !row.Started {
				row.Reason, row.Error = "never started", "the member was added and has not started, and has no pod here"
			}
			out = append(out, row)
		}
	}
	return out
}

// membership returns the member list of the most recent answer: of the highest term, and then of the highest applied
// index.
func membership(answers []answer) []*etcdserverpb.Member {
	var list []*etcdserverpb.Member
	var term, applied uint64
	for _, a := range answers {
		if a.status == nil || a.members == nil {
			continue
		}
		if list == nil || a.status.RaftTerm > term || (a.status.RaftTerm == term && a.status.RaftAppliedIndex > applied) {
			list, term, applied = a.members, a.status.RaftTerm, a.status.RaftAppliedIndex
		}
	}
	return list
}

func newRow(m Member, a answer) report.Member {
	row := report.Member{Name: m.Name, Pod: m.Pod, Node: m.Node, Zone: m.Zone, Alarms: []string{}}
	if a.err != nil {
		row.Error = a.err.Error()
		row.Reason = cause(row.Error)
		if m.PodProblem != "" {
			row.Reason = podReason(m.PodProblem)
		}
		// Status was refused, but the linearizable read shows whether the member serves.
		row.Healthy = refused(a.err) && a.readErr == nil
		row.AccessDenied = refused(a.err) || errors.Is(a.err, rpctypes.ErrAuthFailed)
		return row
	}
	s := a.status
	row.ID, row.ClusterID = idText(s.Header.MemberId), idText(s.Header.ClusterId)
	row.Version, row.StorageVersion = s.Version, s.StorageVersion
	row.DBSizeBytes, row.DBInUseBytes, row.QuotaBytes = s.DbSize, s.DbSizeInUse, s.DbSizeQuota
	row.RaftTerm, row.RaftIndex, row.RaftAppliedIndex = s.RaftTerm, s.RaftIndex, s.RaftAppliedIndex
	row.Revision = s.Header.Revision
	row.Latency, row.LatencySeconds = report.Millis(a.latency), a.latency.Seconds()
	row.Role = report.Follower
	switch {
	case s.IsLearner:
		row.Role, row.Healthy = report.Learner, true // learners do not serve linearizable reads
		return row
	case s.Leader == s.Header.MemberId:
		row.Role = report.Leader
	}
	row.Healthy = a.readErr == nil
	if a.readErr != nil {
		row.Latency, row.LatencySeconds = "", 0
		row.Error = a.readErr.Error()
		row.Reason = cause(row.Error)
	}
	return row
}

// addMembership adds the member list's fields to a row.
func addMembership(row *report.Member, l *etcdserverpb.Member) {
	row.ID = idText(l.ID)
	row.PeerURLs, row.ClientURLs = l.PeerURLs, l.ClientURLs
	row.Started = l.Name != "" // etcd publishes the name once it has started (server/etcdserver/server.go)
	if l.IsLearner {
		row.Role = report.Learner
	}
}

// memberName returns a member's name. A member that was added and has not started has none; then it is the host in its
// peer URL, which is its pod's name, or else its ID.
func memberName(l *etcdserverpb.Member) string {
	if l.Name != "" || len(l.PeerURLs) == 0 {
		return l.Name
	}
	return cmp.Or(peerHost(l), idText(l.ID))
}

// peerHost returns the first label of the host in a member's peer URL, or "". In most clusters it is the pod's name.
func peerHost(l *etcdserverpb.Member) string {
	if len(l.PeerURLs) == 0 {
		return ""
	}
	u, err := url.Parse(l.PeerURLs[0])
	if err != nil {
		return ""
	}
	name, _, _ := strings.Cut(u.Hostname(), ".")
	return name
}

// nameOf returns the name in the row of a member, or "" if it has no row. It differs from etcd's own name, which may be
// "default" on every member.
func nameOf(rows []report.Member, id uint64) string {
	for _, m := range rows {
		if m.ID == idText(id) {
			return m.Name
		}
	}
	return ""
}

func summarize(s *report.Status, answers []answer) {
	var leader uint64
	for _, a := range answers {
		if a.status == nil {
			continue
		}
		if a.status.RaftTerm >= s.Term && a.status.Leader != 0 {
			s.Term, leader = a.status.RaftTerm, a.status.Leader
		}
		s.Revision = max(s.Revision, a.status.Header.Revision)
	}
	s.Leader = nameOf(s.Members, leader)
	s.Healthy = s.MembersHealthy()
	voters := s.Voters()
	for _, m := range s.Members {
		if m.Healthy && m.Role != report.Learner {
			s.Quorum.Have++
		}
	}
	if len(voters) == 0 { // no member answered: use the number of discovered members
		voters = s.Members
	}
	s.Quorum.Need = len(voters)/2 + 1
	if s.SeveralClusters() { // sums over several clusters mean nothing
		s.Healthy, s.Leader, s.Term, s.Revision, s.Quorum.Have = false, "", 0, 0, 0
	}
	sort.SliceStable(s.Members, func(i, j int) bool { return s.Members[i].Name < s.Members[j].Name })
}
