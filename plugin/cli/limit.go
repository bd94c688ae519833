package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// Run is what a command does once its flags are parsed.
type Run func(ctx context.Context, args []string) error

// WithLimit makes a cobra RunE that bounds the command by --timeout, or by limit where that is not given; noLimit
// lets it go on until it is interrupted.
func (o *Factory) WithLimit(limit time.Duration, f Run) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := o.validate(); err != nil {
			return Usage(err)
		}
		ctx, grace := cmd.Context(), time.Duration(0)
		if limit == NoLimit { // such commands put things in order at their end
			grace = programGrace
		}
		limit := o.limit(limit)
		if limit != NoLimit {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, limit, TimeoutError{Limit: limit})
			defer cancel()
		}
		defer o.program.endWith(ctx, grace)()
		err := o.program.timedOut(ctx, f(ctx, args))
		if limit != NoLimit && errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil && !errors.As(err, &TimeoutError{}) {
			return TimeoutError{Limit: limit, err: err}
		}
		return err
	}
}

// limit is the deadline of a command that has usual where --timeout gives none. What it waits for another operation comes
// on top of that.
func (o *Factory) limit(usual time.Duration) time.Duration {
	switch {
	case o.timeout > 0:
		return o.timeout
	case usual == NoLimit:
		return NoLimit
	}
	return usual + o.queue
}

func (o *Factory) validate() error {
	switch {
	case o.queue < 0:
		return fmt.Errorf("--queue %s is negative", o.queue)
	case o.timeout > 0 && o.queue >= o.timeout:
		return fmt.Errorf("--queue %s is as long as --timeout %s, which bounds the whole command: nothing is left for the operation itself (give a longer --timeout)", o.queue, o.timeout)
	case o.Query.ClientPort < 0 || o.Query.ClientPort > 65535:
		return fmt.Errorf("--client-port %d is no port", o.Query.ClientPort)
	case o.timeout < 0:
		return fmt.Errorf("--timeout %s is negative", o.timeout)
	case o.MemberTimeout <= 0:
		return fmt.Errorf("--member-timeout %s must be positive", o.MemberTimeout)
	case o.color != "auto" && o.color != "always" && o.color != "never":
		return fmt.Errorf("--color %q is none of auto, always, never", o.color)
	}
	if err := cluster.CheckName(o.Query.Name); err != nil {
		return fmt.Errorf("--etcd %w", err)
	}
	if _, err := labels.Parse(o.Query.Selector); err != nil {
		return fmt.Errorf("--selector %q: %w", o.Query.Selector, err)
	}
	return render.Format(o.Output).Validate()
}
