package process

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestParseStat(t *testing.T) {
	rest := " 1 1 1 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4711 1 1"
	for name, test := range map[string]struct {
		stat, ticks, state string
		fails              bool
	}{
		"plain":                   {stat: "7 (etcd) S" + rest, ticks: "4711", state: "S"},
		"name with a blank":       {stat: "7 (a b) R" + rest, ticks: "4711", state: "R"},
		"name with a parenthesis": {stat: "7 (a) Z (b) Z" + rest, ticks: "4711", state: "Z"},
		"no name":                 {stat: "7", fails: true},
		"cut off":                 {stat: "7 (etcd) S 1 1", fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			ticks, state, err := parseStat(test.stat)
			if (err != nil) != test.fails || ticks != test.ticks || state != test.state {
				t.Errorf("got %q %q %v", ticks, state, err)
			}
		})
	}
}

func TestStartAndKill(t *testing.T) {
	log := filepath.Join(t.TempDir(), "logs", "sleep.log")
	p, err := Start(Command{Name: "sleep", Args: []string{"sh", "-c", "echo $GREETING; exec sleep 60"}, Log: log, Env: []string{"GREETING=hello"}})
	if err != nil {
		t.Fatal(err)
	}
	if !p.Alive() {
		t.Fatal("it does not run")
	}
	for start := time.Now(); Tail(log, 1) != "hello"; time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > 10*time.Second {
			t.Fatalf("the log says %q", Tail(log, 1))
		}
	}
	if err := Kill(context.Background(), []Process{p}); err != nil {
		t.Fatal(err)
	}
	if p.Alive() {
		t.Error("it still runs")
	}
}

// The kernel reuses pids: a process with the pid and another start time is another process.
func TestKillSparesAnotherProcessWithThePid(t *testing.T) {
	log := filepath.Join(t.TempDir(), "sleep.log")
	p, err := Start(Command{Name: "sleep", Args: []string{"sleep", "60"}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = Kill(context.Background(), []Process{p}) })
	recycled := p
	recycled.Started = "another-boot/1"
	if recycled.Alive() {
		t.Error("a recycled pid passes for the old process")
	}
	if err := Kill(context.Background(), []Process{recycled}); err != nil {
		t.Fatal(err)
	}
	if !p.Alive() {
		t.Error("the new owner of the pid was killed")
	}
}

func TestStartNamesTheMissingProgram(t *testing.T) {
	_, err := Start(Command{Name: "kubelet", Args: []string{"/nonexistent/kubelet"}, Log: filepath.Join(t.TempDir(), "log")})
	if err == nil || !strings.Contains(err.Error(), "start kubelet") {
		t.Errorf("got %v", err)
	}
}

func TestOfFindsOurselves(t *testing.T) {
	p, ok := Of(os.Getpid())
	if !ok || !p.Alive() {
		t.Errorf("got %v %v", p, ok)
	}
}

func TestTail(t *testing.T) {
	file := filepath.Join(t.TempDir(), "log")
	if got := Tail(file, 3); !strings.Contains(got, "no log") {
		t.Errorf("without a file: %q", got)
	}
	if err := os.WriteFile(file, []byte(strings.Repeat("old line\n", 10000)+"one\ntwo\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := Tail(file, 2); got != "one\ntwo" {
		t.Errorf("got %q", got)
	}
}
