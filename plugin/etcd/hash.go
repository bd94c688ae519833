package etcd

import (
	"context"
	"fmt"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Leadership is what one member takes for the leader. It is read from the member itself and takes no quorum.
type Leadership struct {
	Leader string // member ID in hex; "" where it knows none
	Term   uint64
}

// Leadership asks a member who leads.
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

// Revision returns the newest revision of the store, linearizably.
func Revision(ctx context.Context, client *clientv3.Client) (int64, error) {
	resp, err := client.Get(ctx, healthKey, clientv3.WithCountOnly())
	if err != nil {
		return 0, Explain(err)
	}
	return resp.Header.Revision, nil
}

// CaughtUp waits until a member's own store has reached a revision.
func (m Member) CaughtUp(ctx context.Context, revision int64) error {
	for at := int64(0); ; {
		resp, err := m.Client.Get(ctx, healthKey, clientv3.WithCountOnly(), clientv3.WithSerializable())
		if err == nil {
			if at = resp.Header.Revision; at >= revision {
				return nil
			}
		}
		select {
		case <-ctx.Done():
			if at == 0 { // it never answered; an answer that the deadline cut off says less than the one before
				return Explain(err)
			}
			return fmt.Errorf("the member is at revision %d and has not reached %d", at, revision)
		case <-time.After(catchUpStep):
		}
	}
}

// Hashes has every member hash its whole store up to a revision, all at the same time. Members that have compacted
// to different revisions hash different histories, which says nothing: they are asked again.
func Hashes(ctx context.Context, members []Member, revision int64, limit time.Duration) []report.MemberHash {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	hashes := make([]report.MemberHash, len(members))
	for {
		every(members, func(i int, m Member) { hashes[i] = m.hash(ctx, revision) })
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
		h.Error = "it cannot be asked: " + m.Trouble
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
