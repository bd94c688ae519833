package connect

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// bounded waits for a call that takes no context no longer than ctx allows. A result that comes too late is dropped.
func bounded[T any](ctx context.Context, call func() (T, error), drop func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := call()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		go func() {
			if r := <-done; r.err == nil {
				drop(r.value)
			}
		}()
		var none T
		return none, context.Cause(ctx)
	}
}

// ended says that a context ended where that is what an error comes from: client-go turns its deadline into one of
// the network's.
func ended(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		cause = context.DeadlineExceeded // the network's clock was a moment faster
	}
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}
