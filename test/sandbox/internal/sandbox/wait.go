package sandbox

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// wait is a wait with a deadline for the effect of a process.
type wait struct {
	what   string
	bound  time.Duration
	layout plan.Layout
	on     string            // the process whose log has the reason of a failure
	needs  []process.Process // waiting ends if one of them has ended
}

// until calls the check repeatedly until it returns no error.
func (w wait) until(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, w.bound)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		for _, p := range w.needs {
			if !p.Alive() {
				return fmt.Errorf("%s has ended while waiting for %s; %s", p.Name, w.what, w.tail(p.Name))
			}
		}
		select {
		case <-ctx.Done():
			if ctx.Err() == context.DeadlineExceeded {
				return fmt.Errorf("waited %s for %s in vain: %w; %s", w.bound, w.what, err, w.tail(w.on))
			}
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func (w wait) tail(name string) string {
	log := w.layout.Log(name)
	return fmt.Sprintf("the last lines of %s:\n%s", log, process.Tail(log, 15))
}
