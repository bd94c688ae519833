package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// catchUpStep is the interval at which a lagging member is read again.
const catchUpStep = 20 * time.Millisecond

// ReadEach reads one key serializably from every member, concurrently. A serializable read returns what the member has
// applied, so a member behind the newest revision is read again until it has caught up or limit has passed. A member
// that does not answer keeps its row, with an error.
func ReadEach(ctx context.Context, members []Member, r Read, limit time.Duration) report.MemberValues {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	values := make([]report.MemberValue, len(members))
	forEach(members, func(i int, m Member) {
		v, err := readFrom(limited, m, r)
		if err != nil {
			v.Error = readFailure(ctx, limit, revisionProblem(r.Rev, err)).Error()
		}
		values[i] = v
	})
	var newest int64
	for _, v := range values {
		newest = max(newest, v.Revision)
	}
	forEach(members, func(i int, m Member) { catchUp(limited, m, r, newest, &values[i]) })
	return report.NewMemberValues([]byte(r.Key), values)
}

// readFailure explains why a member's value was not read. If the whole command has timed out, the error does not blame
// the member.
func readFailure(ctx context.Context, limit time.Duration, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		return fmt.Errorf("the read had no answer yet: %w", cause)
	}
	return timedOut(ctx, limit, err)
}

func forEach(members []Member, f func(int, Member)) {
	var wg sync.WaitGroup
	for i, m := range members {
		wg.Go(func() { f(i, m) })
	}
	wg.Wait()
}

// readFrom reads a key from one member, serializably.
func readFrom(ctx context.Context, m Member, r Read) (report.MemberValue, error) {
	v := report.MemberValue{Member: m.Name}
	if m.Client == nil || m.PodProblem != "" {
		return v, explained{text: m.PodProblem}
	}
	r.Serializable = true
	resp, err := m.Client.Get(ctx, r.Key, r.options()...)
	if err != nil {
		return v, err
	}
	v.Revision = resp.Header.Revision
	if len(resp.Kvs) > 0 {
		v = v.Holds(r.keyValue(resp.Kvs[0]))
	}
	return v, nil
}

// catchUp reads again from a member whose revision is lower than another one's. If it does not catch up in time, the
// value that it had is kept: its row then shows how far behind it is.
func catchUp(ctx context.Context, m Member, r Read, revision int64, v *report.MemberValue) {
	for v.Error == "" && v.Revision < revision {
		select {
		case <-ctx.Done():
			return
		case <-time.After(catchUpStep):
		}
		if again, err := readFrom(ctx, m, r); err == nil {
			*v = again
		}
	}
}
