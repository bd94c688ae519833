package etcd

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Leadership is the leader and the term as one member knows them. Reading it needs no quorum.
type Leadership struct {
	Leader string // member ID in hex; "" if the member knows no leader
	Term   uint64
}

// Leadership returns the leader that the member knows.
func (m Member) Leadership(ctx context.Context) (Leadership, error) {
	s, err := m.maintenance().Status(ctx, "")
	if err != nil {
		return Leadership{}, Explain(err)
	}
	l := Leadership{Term: s.RaftTerm}
	if s.Leader != 0 {
		l.Leader = idText(s.Leader)
	}
	return l, nil
}

// Revision returns the current revision of the store, read linearizably.
func Revision(ctx context.Context, client *clientv3.Client) (int64, error) {
	resp, err := client.Get(ctx, healthKey, clientv3.WithCountOnly())
	if err != nil {
		return 0, Explain(err)
	}
	return resp.Header.Revision, nil
}

// WaitForRevision waits until the member has applied a revision.
func (m Member) WaitForRevision(ctx context.Context, revision int64) error {
	for at := int64(0); ; {
		resp, err := m.Client.Get(ctx, healthKey, clientv3.WithCountOnly(), clientv3.WithSerializable())
		if err == nil {
			if at = resp.Header.Revision; at >= revision {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			if at == 0 { // it never answered; otherwise the last answer says more than the deadline's error
				return Explain(err)
			}
			return fmt.Errorf("the member is at revision %d and has not reached %d", at, revision)
		case <-time.After(catchUpStep):
		}
	}
}

// Hashes returns the hash of every member's store up to a revision, concurrently. Hashes of members with different
// compacted revisions cannot be compared, so those are read again until the compacted revisions are equal or limit has
// passed.
func Hashes(ctx context.Context, members []Member, revision int64, limit time.Duration) []report.MemberHash {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	hashes := make([]report.MemberHash, len(members))
	for {
		forEach(members, func(i int, m Member) { hashes[i] = m.hash(ctx, revision) })
		if sameHistory(hashes) {
			return hashes
		}
		select {
		case <-ctx.Done():
			return hashes
		case <-time.After(10 * catchUpStep):
		}
	}
}

func (m Member) hash(ctx context.Context, revision int64) report.MemberHash {
	h := report.MemberHash{Member: m.Name}
	if m.Client == nil {
		h.Error = "the member was not asked: " + m.PodProblem
		return h
	}
	resp, err := m.maintenance().HashKV(ctx, "", revision)
	if err != nil {
		h.Error = revisionProblem(revision, err).Error()
		return h
	}
	h.Hash, h.CompactRevision = fmt.Sprintf("%08x", resp.Hash), resp.CompactRevision
	return h
}

func sameHistory(hashes []report.MemberHash) bool {
	begins := map[int64]bool{}
	for _, h := range hashes {
		if h.Error == "" {
			begins[h.CompactRevision] = true
		}
	}
	return len(begins) <= 1
}
