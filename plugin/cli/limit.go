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

// WithLimit returns a cobra RunE that validates the flags and runs the command with a deadline: --timeout, or else limit. With
// NoLimit it runs until it is interrupted.
func (f *Factory) WithLimit(limit time.Duration, run Run) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := f.validate(); err != nil {
			return Usage(err)
		}
		ctx, grace := cmd.Context(), time.Duration(0)
		if limit == NoLimit { // such commands clean up after an interrupt
			grace = programGrace
		}
		limit := f.limit(limit)
		if limit != NoLimit {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeoutCause(ctx, limit, TimeoutError{Limit: limit})
			defer cancel()
		}
		defer f.program.killAfter(ctx, grace)()
		err := f.program.timedOut(ctx, run(ctx, args))
		if limit != NoLimit && errors.Is(err, context.DeadlineExceeded) && ctx.Err() != nil && !errors.As(err, &TimeoutError{}) {
			return TimeoutError{Limit: limit, err: err}
		}
		return err
	}
}

// limit returns the command's deadline: --timeout, or else usual plus --queue, the time that it may wait for another operation.
func (f *Factory) limit(usual time.Duration) time.Duration {
	switch {
	case f.timeout > 0:
		return f.timeout
	case usual == NoLimit:
		return NoLimit
	}
	return usual + f.queue
}

func (f *Factory) validate() error {
	switch {
	case f.queue < 0:
		return fmt.Errorf("--queue %s is negative", f.queue)
	case f.timeout > 0 && f.queue >= f.timeout:
		return fmt.Errorf("--queue %s is not shorter than --timeout %s, the deadline of the whole command: no time is left for the operation itself (give a longer --timeout)", f.queue, f.timeout)
	case f.Target.ClientPort < 0 || f.Target.ClientPort > 65535:
		return fmt.Errorf("--client-port %d is not a port (use 1 to 65535)", f.Target.ClientPort)
	case f.timeout < 0:
		return fmt.Errorf("--timeout %s is negative", f.timeout)
	case f.MemberTimeout <= 0:
		return fmt.Errorf("--member-timeout %s must be positive", f.MemberTimeout)
	case f.color != "auto" && f.color != "always" && f.color != "never":
		return fmt.Errorf("--color %q: must be auto, always or never", f.color)
	}
	if err := cluster.CheckName(f.Target.Name); err != nil {
		return fmt.Errorf("--etcd %w", err)
	}
	if _, err := labels.Parse(f.Target.Selector); err != nil {
		return fmt.Errorf("--selector %q: %w", f.Target.Selector, err)
	}
	return render.Format(f.Output).Validate()
}
