//go:build e2e

package test

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestDrills runs each testdata/drills/*.txtar one after the other, beside the journeys: a drill measures, and two at the
// same time would use up two cores. Its scripts have two more commands, each of which runs "drill observe" and does damage
// that needs this machine:
//
//	partition both ways   # the leader is partitioned from its peers: see partition
//	partition inbound     # the leader receives nothing from its peers
//	disconnect            # the drill loses its connections to the API server: see disconnect
func TestDrills(t *testing.T) {
	t.Parallel()
	s := open(t)
	scripts, err := filepath.Glob("testdata/drills/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no drills: %v", err)
	}
	for _, script := range scripts {
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			params := s.params()
			params.Files = []string{script}
			params.Setup = func(env *testscript.Env) error {
				env.Values[drillKey{}] = env.T().(*journey).T
				return s.setup(env)
			}
			params.Cmds["partition"] = func(ts *testscript.TestScript, _ bool, args []string) {
				direction := strings.Join(args, " ")
				if direction != "both ways" && direction != "inbound" {
					ts.Fatalf("usage: partition both ways|inbound")
				}
				s.ofScript(ts).partition(direction)
			}
			params.Cmds["disconnect"] = func(ts *testscript.TestScript, _ bool, _ []string) { s.ofScript(ts).disconnect() }
			runJourneys(t, false, params)
		})
	}
}

// drillKey is the key of a script's *testing.T in its values.
type drillKey struct{}

// drilled is the cluster of a script that is drilled.
type drilled struct {
	sandbox
	t                     *testing.T // of the script
	kubeconfig, namespace string
}

func (s sandbox) ofScript(ts *testscript.TestScript) drilled {
	return drilled{s, ts.Value(drillKey{}).(*testing.T), ts.Getenv("KUBECONFIG"), ts.Getenv("NAMESPACE")}
}

// observed is what "drill observe" reported.
type observed struct {
	report.Drill
	status   int // exit status
	progress string
}

// observe runs "drill observe" for four seconds, does the damage once it observes, and returns the report. The drill goes on
// until every member is healthy, so the damage may take longer.
func (d drilled) observe(damage func(), flags ...string) observed {
	d.t.Helper()
	cmd := exec.CommandContext(d.t.Context(), d.program("kubectl-etcd"), append([]string{"drill", "observe", "--for", "4s", "--rate", "50", "-o", "json"}, flags...)...)
	cmd.Env = environment(d.kubeconfig)
	var out, progress strings.Builder
	begun := make(chan struct{})
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(&progress, &awaited{text: "observing for", seen: begun})
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-begun:
	case err := <-ended:
		d.t.Fatalf("%v\n%s", err, progress.String())
	}
	damage()
	err := <-ended
	o := observed{status: cmd.ProcessState.ExitCode(), progress: progress.String()}
	if json.Unmarshal([]byte(out.String()), &o.Drill) != nil {
		d.t.Fatalf("%v\n%s\n%s", err, out.String(), o.progress)
	}
	return o
}

// awaited is a writer that closes seen once a text was written to it.
type awaited struct {
	text string
	seen chan struct{}
	got  strings.Builder
	told bool
}

func (a *awaited) Write(p []byte) (int, error) {
	a.got.Write(p)
	if !a.told && strings.Contains(a.got.String(), a.text) {
		a.told = true
		close(a.seen)
	}
	return len(p), nil
}
