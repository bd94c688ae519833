package cli

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"
)

func TestCompletionTime(t *testing.T) {
	for value, want := range map[string]time.Duration{"": completeLimit, "2s": 2 * time.Second, "1h": completeMaxLimit, "soon": completeLimit, "-1s": completeLimit, "0": completeLimit} {
		if got := completionTime(value); got != want {
			t.Errorf("%q: %s", value, got)
		}
	}
}

func TestCompletionHelp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if got := completionHelp(ctx, ctx.Err()); len(got) != 1 || !strings.Contains(got[0], CompleteVariable) {
		t.Errorf("%q", got)
	}
	if got := completionHelp(t.Context(), os.ErrPermission); got != nil {
		t.Errorf("%q", got)
	}
}
