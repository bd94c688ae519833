//go:build bench

package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
)

// The limits for judging a long drill.
const (
	verified     = 100_000 // operations
	verifyTime   = 30 * time.Second
	verifyMemory = 1 << 20 // KiB
)

// TestBenchVerify judges a history of many operations with the built plugin.
func TestBenchVerify(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := history.Encode(file, historytest.Simulate(1, verified)); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	cmd := exec.CommandContext(t.Context(), open(t).program("kubectl-etcd"), "drill", "verify", path)
	out, err := cmd.CombinedOutput()
	took := time.Since(begin)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	usage, _ := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	t.Logf("%d operations judged in %s with %d MiB", verified, took.Round(time.Millisecond), usage.Maxrss>>10)
	if took > verifyTime || usage.Maxrss > verifyMemory {
		t.Errorf("more than %s or %d MiB", verifyTime, verifyMemory>>10)
	}
}
