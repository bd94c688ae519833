//go:build linux

package agent

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"
	"time"
)

// sleeps is a variable that turns the test binary into a program that only sleeps.
const sleeps = "DRILL_AGENT_TEST_SLEEPS"

func TestMain(m *testing.M) {
	if os.Getenv(sleeps) != "" {
		time.Sleep(time.Minute)
		return
	}
	m.Run()
}

// startEtcd starts a process whose name in the kernel is etcd.
func startEtcd(t *testing.T) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "etcd")
	if err := os.Symlink(self, program); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program)
	cmd.Env = append(os.Environ(), sleeps+"=1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return cmd
}

// procOf returns a folder like /proc with only these processes, because the machine may run other etcds.
func procOf(t *testing.T, commands ...*exec.Cmd) string {
	t.Helper()
	dir := t.TempDir()
	for _, c := range commands {
		pid := strconv.Itoa(c.Process.Pid)
		if err := os.Symlink(filepath.Join("/proc", pid), filepath.Join(dir, pid)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs an agent and checks that its output and its termination message are equal.
func run(ctx context.Context, t *testing.T, a Agent, args ...string) (int, Record) {
	t.Helper()
	var out, errOut bytes.Buffer
	a.Message, a.Out, a.Err = filepath.Join(t.TempDir(), "message"), &out, &errOut
	if err := os.WriteFile(a.Message, []byte(strings.Repeat("of before", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	status := a.Run(ctx, args)
	message, err := os.ReadFile(a.Message)
	if err != nil {
		t.Fatal(err)
	}
	want := &out
	if status != statusDone {
		want = &errOut
	}
	if want.String() != string(message) || out.Len() > 0 && errOut.Len() > 0 {
		t.Errorf("message %q, stdout %q, stderr %q", message, &out, &errOut)
	}
	if bytes.Count(message, []byte("\n")) != 1 {
		t.Errorf("%q is not one line", message)
	}
	var record Record
	if err := json.Unmarshal(message, &record); err != nil {
		t.Fatalf("%q: %v", message, err)
	}
	if (status == statusDone) != (record.Error == "") {
		t.Errorf("exit status %d, error %q", status, record.Error)
	}
	return status, record
}

// state returns the state of a process that is called etcd, or 0 if it is gone.
func state(cmd *exec.Cmd) byte {
	pid := cmd.Process.Pid
	stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0
	}
	p, err := parse(pid, string(stat))
	if err != nil || p.name != wanted {
		return 0
	}
	return p.state
}

// waitFor waits until the process is stopped, or until it runs again.
func waitFor(t *testing.T, cmd *exec.Cmd, stopped bool) {
	t.Helper()
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(time.Millisecond) {
		if s := state(cmd); s != 0 && (s == 'T') == stopped {
			return
		}
	}
	t.Errorf("after 10 s its state is %q", state(cmd))
}

func within(t *testing.T, at, from, to time.Time) {
	t.Helper()
	if at.Before(from.Round(0)) || at.After(to.Round(0)) {
		t.Errorf("%s is not from %s to %s", at, from, to)
	}
}

func TestKill(t *testing.T) {
	etcd := startEtcd(t)
	begun := time.Now()
	status, record := run(t.Context(), t, Agent{Proc: os.DirFS(procOf(t, etcd))}, "kill")
	if status != statusDone || record.Signal != "SIGKILL" || record.PID != etcd.Process.Pid || record.Process != "etcd" || !record.Until.IsZero() {
		t.Errorf("exit status %d, %+v", status, record)
	}
	within(t, record.At, begun, time.Now())
	var exit *exec.ExitError
	if err := etcd.Wait(); !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Errorf("it ended with %v", err)
	}
}

// TestNotAfter: a container that starts too late does nothing.
func TestNotAfter(t *testing.T) {
	etcd := startEtcd(t)
	agent := Agent{Proc: os.DirFS(procOf(t, etcd))}
	late := "--not-after=" + time.Now().Add(-time.Second).Format(time.RFC3339Nano)
	if status, record := run(t.Context(), t, agent, late, "kill"); status != statusFailed || !strings.Contains(record.Error, "no signal was sent") || record.PID != 0 {
		t.Errorf("exit status %d, %+v", status, record)
	}
	if status, record := run(t.Context(), t, agent, "--not-after=soon", "kill"); status != statusUsage {
		t.Errorf("exit status %d, %+v", status, record)
	}
	early := "--not-after=" + time.Now().Add(time.Minute).Format(time.RFC3339Nano)
	if status, record := run(t.Context(), t, agent, early, "kill"); status != statusDone || record.PID != etcd.Process.Pid {
		t.Errorf("exit status %d, %+v", status, record)
	}
}

func TestPause(t *testing.T) {
	etcd := startEtcd(t)
	seen := make(chan time.Time, 1)
	go func() {
		waitFor(t, etcd, true)
		seen <- time.Now()
	}()
	const pause = 300 * time.Millisecond
	begun := time.Now()
	status, record := run(t.Context(), t, Agent{Proc: os.DirFS(procOf(t, etcd))}, "pause", pause.String())
	waitFor(t, etcd, false)
	stopped := <-seen
	if status != statusDone || record.Signal != "SIGSTOP" || record.PID != etcd.Process.Pid || record.Process != "etcd" {
		t.Errorf("exit status %d, %+v", status, record)
	}
	within(t, record.At, begun, stopped)
	within(t, record.Until, stopped, time.Now())
	if took := record.Until.Sub(record.At); took < pause {
		t.Errorf("it was stopped for %s, want %s", took, pause)
	}
}

// If the agent is interrupted, it continues etcd before it exits.
func TestPauseInterrupted(t *testing.T) {
	etcd := startEtcd(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		waitFor(t, etcd, true)
		cancel()
	}()
	status, record := run(ctx, t, Agent{Proc: os.DirFS(procOf(t, etcd))}, "pause", "1m")
	waitFor(t, etcd, false)
	if status != statusFailed || record.Error != errInterrupted.Error() || record.At.IsZero() || !record.Until.After(record.At) {
		t.Errorf("exit status %d, %+v", status, record)
	}
	status, record = run(ctx, t, Agent{Proc: os.DirFS(procOf(t, etcd))}, "pause", "1m")
	if status != statusFailed || !record.At.IsZero() {
		t.Errorf("interrupted before: exit status %d, %+v", status, record)
	}
}

// If etcd is killed while it is paused, its successor is not signalled, even if it has the same PID.
func TestPauseOfWhatIsKilled(t *testing.T) {
	etcd := startEtcd(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		waitFor(t, etcd, true)
		_ = etcd.Process.Kill()
		_ = etcd.Wait()
	}()
	status, record := run(t.Context(), t, Agent{Proc: os.DirFS(procOf(t, etcd))}, "pause", "200ms")
	<-ended
	if status != statusFailed || !strings.Contains(record.Error, "SIGCONT") || record.At.IsZero() || !record.Until.IsZero() {
		t.Errorf("exit status %d, %+v", status, record)
	}
}

func TestNothingIsSentWhenInDoubt(t *testing.T) {
	a, b := startEtcd(t), startEtcd(t)
	for _, args := range [][]string{{"kill"}, {"pause", "1s"}} {
		status, record := run(t.Context(), t, Agent{Proc: os.DirFS(procOf(t, a, b))}, args...)
		if status != statusFailed || !strings.Contains(record.Error, "2 processes") || record.Signal != "" {
			t.Errorf("%s: exit status %d, %+v", args, status, record)
		}
		for _, cmd := range []*exec.Cmd{a, b} {
			if s := state(cmd); s != 'S' && s != 'R' {
				t.Errorf("%s: state %q", args, s)
			}
		}
	}
}

func TestUsage(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"-h"},
		{"stop"},
		{"kill", "7"},
		{"pause"},
		{"pause", "6"},
		{"pause", "6s", "7"},
		{"pause", "forever"},
		{"pause", "0s"},
		{"pause", "-1s"},
		{"pause", "10m1ns"},
	} {
		status, record := run(t.Context(), t, Agent{Proc: fstest.MapFS{}}, args...)
		if status != statusUsage || !strings.Contains(record.Error, "pause DURATION") {
			t.Errorf("%q: exit status %d, %+v", args, status, record)
		}
	}
}

// A termination message that cannot be written is a failure, because the caller reads nothing else.
func TestMessageThatCannotBeWritten(t *testing.T) {
	etcd := startEtcd(t)
	var out, errOut bytes.Buffer
	a := Agent{Proc: os.DirFS(procOf(t, etcd)), Message: t.TempDir(), Out: &out, Err: &errOut}
	if status := a.Run(t.Context(), []string{"kill"}); status != statusFailed || !strings.Contains(errOut.String(), a.Message) || out.Len() == 0 {
		t.Errorf("exit status %d, stdout %q, stderr %q", status, &out, &errOut)
	}
}
