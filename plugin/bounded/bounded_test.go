package bounded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"testing/synctest"
)

func TestCall(t *testing.T) {
	failed := errors.New("failed")
	if got, err := Call(t.Context(), func() (int, error) { return 7, failed }, nil); got != 7 || !errors.Is(err, failed) {
		t.Errorf("%d, %v", got, err)
	}
	ended := errors.New("the user left")
	for name, call := range map[string]struct {
		err     error
		dropped []int
	}{
		"a late result is dropped":               {nil, []int{7}},
		"a late error has nothing to be dropped": {failed, nil},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(ended)
			release, dropped := make(chan struct{}), []int(nil)
			_, err := Call(ctx, func() (int, error) { <-release; return 7, call.err }, func(late int) { dropped = append(dropped, late) })
			if !errors.Is(err, ended) {
				t.Errorf("%s: %v, want the cause of the context's end", name, err)
			}
			close(release)
			synctest.Wait()
			if !slices.Equal(dropped, call.dropped) {
				t.Errorf("%s: dropped %d", name, dropped)
			}
		})
	}
}

func TestReason(t *testing.T) {
	ended, cancel := context.WithCancelCause(t.Context())
	late := errors.New("too late")
	cancel(late)
	network := fmt.Errorf("read: %w", os.ErrDeadlineExceeded)
	for name, test := range map[string]struct {
		ctx  context.Context
		err  error
		want error // what the result is, too
	}{
		"the context goes on":               {t.Context(), errors.New("no"), nil},
		"the network's deadline came first": {t.Context(), network, context.DeadlineExceeded},
		"the context has ended":             {ended, network, late},
		"the error has the cause already":   {ended, fmt.Errorf("dial: %w", late), late},
	} {
		got := Reason(test.ctx, test.err)
		if !errors.Is(got, test.err) || test.want != nil && !errors.Is(got, test.want) {
			t.Errorf("%s: %v", name, got)
		}
		if (test.want == nil || errors.Is(test.err, test.want)) && got.Error() != test.err.Error() {
			t.Errorf("%s: the text became %q", name, got)
		}
	}
}
