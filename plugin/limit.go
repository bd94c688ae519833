package plugin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// run is what a command does once its flags are parsed.
type run func(ctx context.Context, args []string) error

// withLimit makes a cobra RunE that bounds the command by --timeout, or by limit where that is not given; noLimit
// lets it go on until it is interrupted.
func (o *options) withLimit(limit time.Duration, f run) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := o.validate(); err != nil {
			return badUsage(err)
		}
		ctx, grace := cmd.Context(), time.Duration(0)
		if limit == noLimit { // such commands put things in order at their end
			grace = programGrace
		}
		limit := o.limit(limit)
		if limit != noLimit {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, limit, timeoutError{limit: limit})
			defer cancel()
		}
		defer o.program.endWith(ctx, grace)()
		err := o.program.timedOut(ctx, f(ctx, args))
		if limit != noLimit && errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil && !errors.As(err, &timeoutError{}) {
			return timeoutError{limit: limit, err: err}
		}
		return err
	}
}

// limit is the deadline of a command that has usual where --timeout gives none. What it waits for another operation comes
// on top of that.
func (o *options) limit(usual time.Duration) time.Duration {
	switch {
	case o.timeout > 0:
		return o.timeout
	case usual == noLimit:
		return noLimit
	}
	return usual + o.queue
}

func (o *options) validate() error {
	switch {
	case o.queue < 0:
		return fmt.Errorf("--queue %s is negative", o.queue)
	case o.timeout > 0 && o.queue >= o.timeout:
		return fmt.Errorf("--queue %s is as long as --timeout %s, which bounds the whole command: nothing is left for the operation itself (give a longer --timeout)", o.queue, o.timeout)
	case o.query.ClientPort < 0 || o.query.ClientPort > 65535:
		return fmt.Errorf("--client-port %d is no port", o.query.ClientPort)
	case o.timeout < 0:
		return fmt.Errorf("--timeout %s is negative", o.timeout)
	case o.memberTimeout <= 0:
		return fmt.Errorf("--member-timeout %s must be positive", o.memberTimeout)
	case o.color != "auto" && o.color != "always" && o.color != "never":
		return fmt.Errorf("--color %q is none of auto, always, never", o.color)
	}
	if err := cluster.CheckName(o.query.Name); err != nil {
		return fmt.Errorf("--etcd %w", err)
	}
	if _, err := labels.Parse(o.query.Selector); err != nil {
		return fmt.Errorf("--selector %q: %w", o.query.Selector, err)
	}
	return report.Format(o.output).Validate()
}
