package proxy

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/util/exec"
)

func command(args ...string) (c Command, out *bytes.Buffer) {
	streams, in, out, _ := genericiooptions.NewTestIOStreams()
	in.WriteString("input")
	return Command{Args: args, Streams: streams}, out
}

func TestCommandHasOurStreamsAndTheEnvironment(t *testing.T) {
	t.Setenv("ETCDCTL_ENDPOINTS", "of somebody else")
	t.Setenv("KEPT", "kept")
	c, out := command("sh", "-c", "cat; echo , $ETCDCTL_ENDPOINTS, $KEPT")
	c.Env = []string{"ETCDCTL_ENDPOINTS=ours"}
	if err := c.Run(t.Context()); err != nil || out.String() != "input, ours, kept\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestCommandStatus(t *testing.T) {
	noExec := filepath.Join(t.TempDir(), "text")
	if err := os.WriteFile(noExec, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		args []string
		want int
		text string
	}{
		"a status":           {[]string{"sh", "-c", "exit 5"}, 5, ""},
		"a signal":           {[]string{"sh", "-c", "kill -KILL $$"}, 137, ""},
		"no such program":    {[]string{"no-such-program"}, 127, `run "no-such-program": program not found`},
		"no such path":       {[]string{"/no/such/program"}, 127, "program not found"},
		"not to be executed": {[]string{noExec}, 126, "permission denied"},
	} {
		c, _ := command(tc.args...)
		err := c.Run(t.Context())
		var exit exec.CodeExitError
		var start *StartError
		got := 0
		switch {
		case errors.As(err, &exit):
			got = exit.Code
		case errors.As(err, &start):
			got = start.Status
		}
		if got != tc.want || !strings.Contains(err.Error(), tc.text) {
			t.Errorf("%s: status %d, %v", name, got, err)
		}
	}
}

// TestSignalIsPassedToCommand sends a signal to this process, as a service manager does.
func TestSignalIsPassedToCommand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context()) // as in main, which cancels it on a signal
	c, out := command("sh", "-c", "trap 'echo told; exit 3' TERM; echo begun; while :; do sleep 0.1; done")
	begun := &waiter{out: out, text: "begun", seen: make(chan struct{})}
	c.Streams.Out = begun
	go func() {
		<-begun.seen
		cancel()
		_ = syscall.Kill(os.Getpid(), syscall.SIGTERM)
	}()
	var exit exec.CodeExitError
	if err := c.Run(ctx); !errors.As(err, &exit) || exit.Code != 3 || out.String() != "begun\ntold\n" {
		t.Errorf("%q, %v", out, err)
	}
}

func TestDeadlineEndsTheCommand(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	c, _ := command("sleep", "60")
	begin := time.Now()
	if err := c.Run(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 3*time.Second {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}

// waiter closes seen when a text has been written.
type waiter struct {
	out  *bytes.Buffer
	text string
	seen chan struct{}
}

func (w *waiter) Write(p []byte) (int, error) {
	n, err := w.out.Write(p)
	if w.text != "" && strings.Contains(w.out.String(), w.text) {
		close(w.seen)
		w.text = ""
	}
	return n, err
}
