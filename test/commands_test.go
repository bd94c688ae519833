//go:build e2e

package test

import (
	"errors"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// The intervals of eventually: an eighth of the time that it has waited, within these. At 250 ms throughout, the processes
// that it starts took a third of a core, which what it waits for needs.
const (
	shortestPoll = 250 * time.Millisecond
	longestPoll  = time.Second
)

// eventually repeats a command until it succeeds, or with a second ! until it fails:
//
//	eventually 60s kubectl etcd status
//	eventually 60s ! kubectl get pod etcd-0
//
// Its last run's output is available to stdout and stderr.
func eventually(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: eventually DURATION [!] program [args...]")
	}
	limit, err := time.ParseDuration(args[0])
	ts.Check(err)
	args = args[1:]
	want := true
	if args[0] == "!" {
		want, args = false, args[1:]
	}
	start := time.Now()
	for deadline := start.Add(limit); ; time.Sleep(min(max(time.Since(start)/8, shortestPoll), longestPoll)) {
		err := ts.Exec(args[0], args[1:]...)
		if (err == nil) == want {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("not within %s: %v", limit, err)
		}
	}
}

// drill runs "kubectl etcd drill" with these arguments until it passes, at most three times. The sandbox shares two cores
// with other journeys, and its API server or a member may not answer for a second. It is repeated only if a member was not
// healthy before the drill, or if the first reason of the verdict is that the probe lost its connections: lost data would
// come first.
func drill(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: drill [args...]")
	}
	bearable := regexp.MustCompile("is not healthy, and a drill would make it worse|failed: the probe was disconnected")
	for try := 1; ; try++ {
		err := ts.Exec("kubectl", append([]string{"etcd", "drill"}, args...)...)
		if err == nil {
			return
		}
		if try == 3 || !bearable.MatchString(ts.ReadFile("stderr")) {
			ts.Fatalf("drill: %v", err)
		}
		ts.Logf("retry: drill %s, after try %d", strings.Join(args, " "), try) // .ci/run counts these lines
		time.Sleep(3 * time.Second)
	}
}

// exits runs a command that must exit with that status:
//
//	exits 3 kubectl etcd status
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits STATUS program [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var exit *exec.ExitError
	if err := ts.Exec(args[1], args[2:]...); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d", got, want)
	}
}
