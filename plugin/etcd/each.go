package etcd

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// catchUpStep is how often a member that lags is asked again.
const catchUpStep = 20 * time.Millisecond

// Each reads one key from every member's own store, all at the same time. A serializable read answers from what the
// member has applied, so a member that is behind the others is asked again until it has caught up or its limit has
// passed; one that does not answer keeps its row.
func Each(ctx context.Context, members []Member, r Read, limit time.Duration) report.MemberValues {
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()

	values := make([]report.MemberValue, len(members))
	every(members, func(i int, m Member) {
		v, err := own(limited, m, r)
		if err != nil {
			v.Error = unread(ctx, limit, revisionProblem(r.Rev, err)).Error()
		}
		values[i] = v
	})
	var newest int64
	for _, v := range values {
		newest = max(newest, v.Revision)
	}
	every(members, func(i int, m Member) { catchUp(limited, m, r, newest, &values[i]) })
	return report.NewMemberValues([]byte(r.Key), values)
}

// unread says why a member's value was not read. Where the whole command was over first, that is no matter of the member's.
func unread(ctx context.Context, limit time.Duration, err error) error {
	if cause := context.Cause(ctx); cause != nil && errors.Is(err, ctx.Err()) {
		return fmt.Errorf("the read had no answer yet: %w", cause)
	}
	return timedOut(ctx, limit, err)
}

func every(members []Member, f func(int, Member)) {
	var wg sync.WaitGroup
	for i, m := range members {
		wg.Go(func() { f(i, m) })
	}
	wg.Wait()
}

// own reads what one member has itself.
func own(ctx context.Context, m Member, r Read) (report.MemberValue, error) {
	v := report.MemberValue{Member: m.Name}
	if m.Client == nil || m.Trouble != "" {
		return v, explained{text: m.Trouble}
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

// catchUp asks a member that answered from an older state than another one again. What it had is kept where it does
// not get there in time: its row then shows how far behind it is.
func catchUp(ctx context.Context, m Member, r Read, revision int64, v *report.MemberValue) {
	for v.Error == "" && v.Revision < revision {
		select {
		case <-ctx.Done():
			return
		case <-time.After(catchUpStep):
		}
		if again, err := own(ctx, m, r); err == nil {
			*v = again
		}
	}
}
