package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
)

const (
	cleanupLimit = 20 * time.Second
	undoPause    = 2 * time.Second // before what could not be undone is tried again
	// removedPerSecond is how many keys are removed in a second at least: as many as a modest etcd does.
	removedPerSecond = 5000
	keysLive         = 20 * time.Minute // what the drill's keys live beyond its length, if it is killed before it can remove them
)

// cleanup undoes what the fault changed and removes the keys, also after an interruption. What it could not is in the
// record, and told where the drill has failed with err and there will be no report.
func (r *run) cleanup(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	switch undo := r.undo(ctx); {
	case undo == nil:
	case err == nil: // there is something to report all the same
		r.record.Failed = undo.Error()
	default:
		err = errors.Join(err, undo)
	}
	r.removeKeys(ctx)
	if err != nil {
		for _, left := range r.record.Left {
			r.env.Progress.Step("Left behind: %s", left)
		}
	}
	return err
}

// undo takes back what the fault has not taken back itself, and says what it could not.
func (r *run) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupLimit)
	defer cancel()
	err := r.scene.Undo(ctx)
	for err != nil && fault.Pause(ctx, undoPause) == nil {
		err = r.scene.Undo(ctx)
	}
	if err != nil {
		r.left(err.Error())
		return fmt.Errorf("the drill could not undo what it did: %w", err)
	}
	return nil
}

func (r *run) left(text string) { r.record.Left = append(r.record.Left, text) }

// removeKeys removes the drill's keys, also after an interruption: a part at a time, because the end of a lease removes
// all its keys in one transaction, which holds up everybody else's.
func (r *run) removeKeys(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, cleanupLimit+time.Duration(len(r.record.Operations)/removedPerSecond)*time.Second)
	defer cancel()
	err := etcd.DeleteInParts(ctx, r.client, r.prefix)
	if err == nil {
		_, err = r.client.Revoke(ctx, r.keys)
	}
	if err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		r.left(fmt.Sprintf("the keys below %s: they could not be removed (%v), and go by themselves within %s", r.prefix, etcd.Explain(err), r.keysLive))
	}
}
