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
	undoPause    = 2 * time.Second // between two attempts to undo the fault
	// removedPerSecond is how many keys are removed in a second at least: what a modest etcd does.
	removedPerSecond = 5000
	keysTTL          = 20 * time.Minute // the TTL of the drill's keys beyond its length, for a drill that is killed before it removes them
)

// cleanup undoes what the fault changed and removes the keys, also after an interruption. What it could not undo is in
// the record. If the drill failed with err there will be no report, so it is printed too.
func (r *run) cleanup(ctx context.Context, err error) error {
	ctx = context.WithoutCancel(ctx)
	switch undo := r.undo(ctx); {
	case undo == nil:
	case err == nil: // the drill still has a verdict
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

// undo reverts the changes that the fault did not revert itself. It retries until cleanupLimit and records what is
// left.
func (r *run) undo(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, cleanupLimit)
	defer cancel()
	err := r.scene.Undo(ctx)
	for err != nil && fault.Pause(ctx, undoPause) == nil {
		err = r.scene.Undo(ctx)
	}
	if err != nil {
		r.addLeft(err.Error())
		return fmt.Errorf("the drill could not undo its changes: %w", err)
	}
	return nil
}

func (r *run) addLeft(text string) { r.record.Left = append(r.record.Left, text) }

// removeKeys removes the drill's keys, also after an interruption. It deletes in batches: the end of a lease removes
// all its keys in one transaction, which delays all other requests.
func (r *run) removeKeys(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, cleanupLimit+time.Duration(len(r.record.Operations)/removedPerSecond)*time.Second)
	defer cancel()
	err := etcd.DeleteInParts(ctx, r.client, r.prefix)
	if err == nil {
		_, err = r.client.Revoke(ctx, r.keysLease)
	}
	if err != nil && !errors.Is(err, rpctypes.ErrLeaseNotFound) {
		r.addLeft(fmt.Sprintf("the keys below %s: they could not be deleted (%v), and their etcd lease deletes them within %s", r.prefix, etcd.Explain(err), r.keysTTL))
	}
}
