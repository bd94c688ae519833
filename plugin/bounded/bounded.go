// Package bounded ends waits for calls that take no context.
package bounded

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Call returns what call returns, or the cause of ctx's end if that comes first. The call itself goes on until it ends by
// itself. drop, unless it is nil, then gets what it returned without an error, to close it.
func Call[T any](ctx context.Context, call func() (T, error), drop func(T)) (T, error) {
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
			if r := <-done; r.err == nil && drop != nil {
				drop(r.value)
			}
		}()
		var none T
		return none, context.Cause(ctx)
	}
}

// Reason adds the cause of ctx's end to err, where err comes from that end and does not say so: client-go turns a context's
// deadline into one of the network's.
func Reason(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		cause = context.DeadlineExceeded // the network's clock was a moment faster
	}
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}
