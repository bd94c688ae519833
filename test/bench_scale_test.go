//go:build bench

package test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	manyNamespace = "bench-many"
	manySets      = 500
	manyWait      = 5 * time.Minute
	manyLimit     = 2 * time.Second
	manyMemory    = 100 << 20 // resident bytes
)

// TestBenchFive compares the status of five members with that of three. Members are asked in parallel, so the time must not
// grow with their number.
func TestBenchFive(t *testing.T) {
	s := open(t)
	env := environment(s.up(t, benchNamespace))
	s.run(t, env, []string{"kubectl-etcd", "up", "five", "--replicas", "5"})
	s.compare(t, env, pair{
		name: "status of five members", limit: 1.3,
		plugin: []string{"kubectl-etcd", "status", "five"},
		old:    []string{"kubectl-etcd", "status", "etcd"},
	})
}

// TestBenchList lists hundreds of clusters. No other tool does, so there is nothing to compare it with: the limits are far
// above the measured values.
func TestBenchList(t *testing.T) {
	s := open(t)
	s.manyClusters(t)
	for range 5 {
		cmd := exec.CommandContext(t.Context(), s.program("kubectl-etcd"), "list", "-A", "-o", "name")
		cmd.Env = environment(s.kubeconfig)
		start := time.Now()
		out, err := cmd.Output()
		took := time.Since(start)
		if err != nil {
			t.Fatal(err)
		}
		memory := cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10 // in KiB on Linux
		found := strings.Count(string(out), "\n")
		t.Logf("%d clusters in %s, %d MiB resident", found, took.Round(time.Millisecond), memory>>20)
		if found < manySets || took > manyLimit || memory > manyMemory {
			t.Errorf("want at least %d clusters in at most %s and %d MiB", manySets, manyLimit, manyMemory>>20)
		}
	}
}

// manyClusters creates StatefulSets of one member each, whose pods cannot be scheduled.
func (s sandbox) manyClusters(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	s.freshNamespace(t, manyNamespace)
	var sets strings.Builder
	for i := range manySets {
		fmt.Fprintf(&sets, manySet, i)
	}
	file := filepath.Join(t.TempDir(), "many.yaml")
	if err := os.WriteFile(file, []byte(sets.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := s.kubectl(ctx, "", "create", "-n", manyNamespace, "-f", file); err != nil {
		t.Fatal(err, out)
	}
	for deadline := time.Now().Add(manyWait); ; time.Sleep(time.Second) {
		out, err := s.kubectl(ctx, "", "get", "pods", "-n", manyNamespace, "-o", "name")
		if err != nil {
			t.Fatal(err, out)
		}
		if strings.Count(out, "\n") >= manySets {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d pods were not made within %s", manySets, manyWait)
		}
	}
}

const manySet = `---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: etcd-%[1]d}
spec:
  serviceName: etcd
  replicas: 1
  selector: {matchLabels: {app: etcd-%[1]d}}
  template:
    metadata: {labels: {app: etcd-%[1]d}}
    spec:
      nodeSelector: {example.com/nowhere: "true"}
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: etcd
        image: gcr.io/etcd-development/etcd:v3.7.3
        securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
        env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
        command: [etcd, --name=$(POD), --listen-client-urls=http://0.0.0.0:2379, --advertise-client-urls=http://$(POD).etcd:2379]
`
