//go:build e2e

package test

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestDrills runs each testdata/drills/*.txtar one after the other, beside the journeys: a drill measures, and two at the
// same time would use up two cores. Its scripts have two more commands, each of which runs "drill observe" and does damage
// from this machine:
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
	status int // exit status
	stderr string
}

// observe runs "drill observe" for four seconds, does the damage once it observes, and returns the report. The drill goes on
// until every member is healthy, so the damage may take longer. It gets the drill's progress.
func (d drilled) observe(damage func(*progress), flags ...string) observed {
	d.t.Helper()
	cmd := d.plugin(d.t, d.kubeconfig, append([]string{"drill", "observe", "--for", "4s", "--rate", "50", "-o", "json"}, flags...)...)
	var out bytes.Buffer
	said := &progress{}
	cmd.Stdout, cmd.Stderr = &out, said
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for !said.has("observing for") {
		select {
		case err := <-ended:
			d.t.Fatalf("%v\n%s", err, said)
		case <-time.After(20 * time.Millisecond):
		}
	}
	damage(said)
	err := <-ended
	o := observed{status: cmd.ProcessState.ExitCode(), stderr: said.String()}
	if json.Unmarshal(out.Bytes(), &o.Drill) != nil {
		d.t.Fatalf("%v\n%s\n%s", err, out.String(), said)
	}
	return o
}

// progress is what a drill has written to stderr so far.
type progress struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.Write(text)
}

// String implements fmt.Stringer.
func (p *progress) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String()
}

func (p *progress) has(text string) bool { return strings.Contains(p.String(), text) }
