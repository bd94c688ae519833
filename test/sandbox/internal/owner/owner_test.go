package owner

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

func TestJudge(t *testing.T) {
	alive, ok := process.Of(os.Getpid())
	if !ok {
		t.Fatal("cannot find ourselves")
	}
	dead := process.Process{Name: "etcd", PID: alive.PID, Started: "another-boot/1"}
	ours, theirs := t.TempDir(), t.TempDir()
	gone := filepath.Join(ours, "removed")
	for name, test := range map[string]struct {
		record *Record
		want   Standing
	}{
		"no sandbox":                  {nil, Free},
		"ours, running":               {&Record{Dir: ours, Complete: true, Processes: []process.Process{alive}}, Ours},
		"ours, a process has ended":   {&Record{Dir: ours, Complete: true, Processes: []process.Process{alive, dead}}, Remains},
		"ours, never came up":         {&Record{Dir: ours, Processes: []process.Process{alive}}, Remains},
		"theirs, running":             {&Record{Dir: theirs, Complete: true, Processes: []process.Process{alive}}, Foreign},
		"theirs, a process has ended": {&Record{Dir: theirs, Complete: true, Processes: []process.Process{alive, dead}}, Foreign},
		"theirs, all have ended":      {&Record{Dir: theirs, Complete: true, Processes: []process.Process{dead}}, Remains},
		"theirs, never came up":       {&Record{Dir: theirs, Processes: []process.Process{alive}}, Remains},
		"theirs, checkout removed":    {&Record{Dir: gone, Complete: true, Processes: []process.Process{alive}}, Remains},
		"half a record":               {&Record{}, Remains},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Judge(test.record, ours); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestRecordSurvivesWriting(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "run")
	if r, err := Read(dir); r != nil || err != nil {
		t.Fatalf("before: %v %v", r, err)
	}
	want := &Record{
		Dir: "/a b", Complete: true,
		Processes:   []process.Process{{Name: "etcd", PID: 7, Started: "boot/1"}},
		Directories: []string{"/run/containerd"},
		Sysctls:     map[string]string{"kernel/panic": "1"},
	}
	if err := want.Write(dir); err != nil {
		t.Fatal(err)
	}
	got, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestHalfARecordIsRemains(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte(`{"dir": "/a`), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Read(dir)
	if err != nil || Judge(r, "/a") != Remains {
		t.Errorf("got %v %v", r, err)
	}
}

func TestLock(t *testing.T) {
	name := "ketcd-test-" + filepath.Base(t.TempDir()) + time.Now().Format("150405.000000")
	unlock, err := Lock(context.Background(), name, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(context.Background(), name, 0); err == nil {
		t.Error("the lock was had twice")
	}
	unlock()
	again, err := Lock(context.Background(), name, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	again()
}
