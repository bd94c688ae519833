package etcd

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// handOverLimit bounds the transfer of leadership. If the target is not elected, because it is behind or another member
// is elected, the leader waits until the request ends (moveLeader, server/etcdserver/server.go).
const handOverLimit = 15 * time.Second

// MoveLeader transfers leadership to the named member, or without a name to the healthy follower with the highest
// applied index. It returns the name of the new leader. The request goes to the leader, because only the leader can
// transfer leadership (server/etcdserver/v3_server.go).
func MoveLeader(ctx context.Context, members []Member, s report.Status, target string) (string, error) {
	switch bar := s.AccessError(); {
	case s.Leader == "" && bar != "":
		return "", fmt.Errorf("the leader of cluster %q is unknown: %s", s.Cluster, bar)
	case s.Leader == "":
		return "", fmt.Errorf("cluster %q has no leader now", s.Cluster)
	}
	to, err := transferee(s, target)
	if err != nil || to.Name == s.Leader {
		return to.Name, err
	}
	id, err := parseID(to.ID)
	if err != nil {
		return "", err
	}
	for _, m := range members {
		if m.Name != s.Leader {
			continue
		}
		if m.Client == nil {
			return "", fmt.Errorf("the leader %q cannot be reached: %s", m.Name, m.PodProblem)
		}
		moving, cancel := context.WithTimeoutCause(ctx, handOverLimit, fmt.Errorf("no answer within %s", handOverLimit))
		defer cancel()
		_, err := m.Client.MoveLeader(moving, id)
		if moving.Err() != nil {
			return "", fmt.Errorf("leader %q did not confirm the transfer of leadership to %q, which may have happened or may still happen: %w", s.Leader, to.Name, context.Cause(moving))
		}
		if err != nil {
			return "", fmt.Errorf("leader %q did not transfer leadership to %q: %w", s.Leader, to.Name, Explain(err))
		}
		return to.Name, nil
	}
	return "", fmt.Errorf("the leader %q has no pod here", s.Leader)
}

// transferee chooses the new leader, or checks the one that the user chose.
func transferee(s report.Status, target string) (report.Member, error) {
	if target != "" {
		m, found := s.Member(target)
		switch {
		case !found:
			return m, fmt.Errorf("cluster %q has no member %q (members: %s)", s.Cluster, target, memberNames(s))
		case m.Role == report.Learner:
			return m, fmt.Errorf("member %q is a learner and cannot become leader", target)
		case !m.Healthy:
			return m, fmt.Errorf("member %q is not healthy and cannot become leader: %s", target, m.Error)
		}
		return m, nil
	}
	var best report.Member
	for _, m := range s.Members {
		if m.Healthy && m.Role == report.Follower && (best.Name == "" || m.RaftAppliedIndex > best.RaftAppliedIndex) {
			best = m
		}
	}
	if best.Name == "" {
		return best, fmt.Errorf("no healthy follower in cluster %q can take over from %q", s.Cluster, s.Leader)
	}
	return best, nil
}
