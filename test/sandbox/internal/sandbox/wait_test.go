package sandbox

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

func layout(t *testing.T) plan.Layout {
	t.Helper()
	l := plan.Layout{Dir: t.TempDir()}
	if err := os.MkdirAll(l.Logs(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.Log("etcd"), []byte("address already in use\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestWaitInVainShowsTheLog(t *testing.T) {
	w := wait{what: "the API server", bound: 50 * time.Millisecond, layout: layout(t), on: "etcd"}
	err := w.until(context.Background(), func(context.Context) error { return errors.New("connection refused") })
	for _, want := range []string{"the API server", "50ms", "connection refused", "address already in use"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in %v", want, err)
		}
	}
}

func TestWaitEndsWithTheProcessItNeeds(t *testing.T) {
	dead := process.Process{Name: "etcd", PID: os.Getpid(), Started: "another-boot/1"}
	w := wait{what: "the API server", bound: time.Hour, layout: layout(t), needs: []process.Process{dead}}
	err := w.until(context.Background(), func(context.Context) error { return errors.New("connection refused") })
	if err == nil || !strings.Contains(err.Error(), "etcd has ended") || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	stop := errors.New("interrupted")
	cancel(stop)
	w := wait{what: "the API server", bound: time.Hour, layout: layout(t)}
	if err := w.until(ctx, func(ctx context.Context) error { return ctx.Err() }); !errors.Is(err, stop) {
		t.Errorf("got %v", err)
	}
}

func TestWaitAsksAgain(t *testing.T) {
	asked := 0
	w := wait{what: "the third answer", bound: 10 * time.Second, layout: layout(t)}
	err := w.until(context.Background(), func(context.Context) error {
		if asked++; asked < 3 {
			return errors.New("not yet")
		}
		return nil
	})
	if err != nil || asked != 3 {
		t.Errorf("asked %d times: %v", asked, err)
	}
}

// down removes from a checkout what up made there, without the programs.
func TestRemoveFilesKeepsTheProgramsAndTheLogs(t *testing.T) {
	l := layout(t)
	for _, path := range []string{l.Bin("kubectl"), l.Volumes() + "/pvc-1/data"} {
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := removeFiles(l); err != nil {
			t.Fatal(err)
		}
	}
	for path, want := range map[string]bool{l.Bin("kubectl"): true, l.Log("etcd"): true, l.State(): false} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: %v", path, err)
		}
	}
}
