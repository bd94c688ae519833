//go:build bench

package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	benchNamespace = "bench"
	benchWarmups   = 2
	benchRounds    = 25
)

// pair is an operation of the plugin, and how it is done without the plugin.
type pair struct {
	name        string
	plugin, old []string
	limit       float64 // for the ratio of the medians
}

// TestBench measures both sides of each pair in the same run, in turns, so that other load on the machine affects both
// alike.
func TestBench(t *testing.T) {
	s := open(t)
	env := environment(s.up(t, benchNamespace))
	for _, p := range []pair{
		{
			name: "status of three members", limit: 0.5,
			plugin: []string{"kubectl-etcd", "status"},
			old:    []string{"kubectl", "exec", "etcd-0", "--", "etcdctl", "endpoint", "status", "--cluster"},
		},
		{
			name: "status of three members and a list of pods", limit: 1.25, // both read the pods; status asks each member too
			plugin: []string{"kubectl-etcd", "status"},
			old:    []string{"kubectl", "get", "pods"},
		},
		{
			name: "start", limit: 0.5,
			plugin: []string{"kubectl-etcd", "--help"},
			old:    []string{"kubectl", "version", "--client"},
		},
		{
			name: "completion of a command", limit: 0.5,
			plugin: []string{"kubectl-etcd", "__complete", "stat"},
			old:    []string{"kubectl", "version", "--client"},
		},
		{
			name: "completion of a cluster", limit: 0.8,
			plugin: []string{"kubectl-etcd", "__complete", "status", ""},
			old:    []string{"kubectl", "get", "pods", "-o", "name"},
		},
		{
			name: "completion of a key", limit: 1, // by the API server and a tunnel to etcd
			plugin: []string{"kubectl-etcd", "__complete", "get", ""},
			old:    []string{"kubectl", "get", "pods", "-o", "name"},
		},
	} {
		t.Run(p.name, func(t *testing.T) { s.compare(t, env, p) })
	}
}

// compare measures both sides of a pair and checks the ratio.
func (s sandbox) compare(t *testing.T, env []string, p pair) {
	t.Helper()
	plugin, old := s.measure(t, env, p)
	ratio := float64(median(plugin)) / float64(median(old))
	t.Logf("%s\n%s%s\nratio of the medians: %.2f (at most %.2f)", p.name, figures(p.plugin, plugin), figures(p.old, old), ratio, p.limit)
	if ratio > p.limit {
		t.Errorf("%s: ratio %.2f is over %.2f", p.name, ratio, p.limit)
	}
}

func (s sandbox) measure(t *testing.T, env []string, p pair) (plugin, old []time.Duration) {
	t.Helper()
	for round := range benchWarmups + benchRounds {
		var a, b time.Duration
		if round%2 == 0 {
			a, b = s.run(t, env, p.plugin), s.run(t, env, p.old)
		} else {
			b, a = s.run(t, env, p.old), s.run(t, env, p.plugin)
		}
		if round >= benchWarmups {
			plugin, old = append(plugin, a), append(old, b)
		}
	}
	return plugin, old
}

// run returns how long a command took.
func (s sandbox) run(t *testing.T, env, args []string) time.Duration {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.program(args[0]), args[1:]...)
	cmd.Env = env
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	start := time.Now()
	err := cmd.Run()
	took := time.Since(start)
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out.String())
	}
	return took
}

// figures are the measured milliseconds, in the order of the runs.
func figures(command []string, took []time.Duration) string {
	var raw strings.Builder
	for _, d := range took {
		fmt.Fprintf(&raw, " %.1f", milliseconds(d))
	}
	return fmt.Sprintf("%s\n  ms:%s\n  min %.1f, median %.1f, max %.1f of %d\n", strings.Join(command, " "), raw.String(),
		milliseconds(slices.Min(took)), milliseconds(median(took)), milliseconds(slices.Max(took)), len(took))
}

func median(took []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(took))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// sizeLimit is the largest size of the stripped program in bytes: users download it, and each start maps it.
const sizeLimit = 60 << 20

func TestBenchSize(t *testing.T) {
	s := open(t)
	info, err := os.Stat(s.program("kubectl-etcd"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d bytes (%.1f MiB, at most %d)", info.Size(), float64(info.Size())/(1<<20), sizeLimit>>20)
	if info.Size() > sizeLimit {
		t.Errorf("over %d bytes", sizeLimit)
	}
}
