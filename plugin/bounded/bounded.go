// Package bounded puts a limit on calls that take no context.
package bounded

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Call returns the result of call, or the cause of ctx's end if that comes first. In that case call continues in the
// background. If it then returns without an error, drop (unless nil) gets its value, to close it.
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

// Reason adds the cause of ctx's end to err, if ctx has ended and err does not have the cause yet: client-go turns the
// deadline of a context into one of the network.
func Reason(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if cause == nil && errors.Is(err, os.ErrDeadlineExceeded) {
		cause = context.DeadlineExceeded // the network's deadline fired just before the context's
	}
	if cause == nil || errors.Is(err, cause) {
		return err
	}
	return fmt.Errorf("%w: %w", cause, err)
}
