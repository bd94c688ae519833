package sandbox

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// wait is a bounded wait for something that a process brings about.
type wait struct {
	what  string
	log   string // shown when the wait is in vain
	bound time.Duration
	needs []process.Process // without them there is nothing to wait for
}

// until asks again and again until there is no error.
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
				return fmt.Errorf("%s has ended while %s was awaited:\n%s", p.Name, w.what, process.Tail(w.log, 15))
			}
		}
		select {
		case <-ctx.Done():
			if ctx.Err() == context.DeadlineExceeded {
				return fmt.Errorf("waited %s for %s: %w; the last lines of %s:\n%s", w.bound, w.what, err, w.log, process.Tail(w.log, 15))
			}
			return context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}
