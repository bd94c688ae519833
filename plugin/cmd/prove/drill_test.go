package prove

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
)

// TestDrillFlags checks that invalid lines are usage errors, and that checking them writes no file.
func TestDrillFlags(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("nowhere", filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"leader":                        "",
		"leader --force":                "",
		"pause --for 10s --clients 100": "",
		"leader --history " + dir + "/h --report " + dir + "/a.html --report " + dir + "/a.md": "",
		"--faults leader,crash --random --seed 3 --repeat 20":                                  "",
		"--faults leader,pause --for 9s":                                                       "",
		"":                                                                                     "no fault is given",
		"nope":                                                                                 `unknown fault "nope"`,
		"leader --faults crash":                                                                `give FAULT "leader" or --faults`,
		"follower --force":                                                                     `--force is for the fault leader, and not for "follower"`,
		"leader --for 3s":                                                                      "has no duration",
		"leader --rate 0":                                                                      "--rate 0 is not between 1 and 2000",
		"leader --rate 2001":                                                                   "--rate 2001",
		"leader --clients -1":                                                                  "--clients -1",
		"pause --for -1s":                                                                      "--for -1s is negative",
		"observe --for 24h":                                                                    "more than the 1000000 that a drill can record",
		"leader --max-recovery 0s":                                                             "--max-recovery 0s must be positive",
		"leader --max-write-gap -1s":                                                           "must be positive",
		"leader --repeat 0":                                                                    "--repeat 0",
		"leader --report a.pdf":                                                                "ends neither in .html nor in .md",
		"leader --report " + dir + "/nowhere/a.md":                                             "does not exist",
		"leader --history " + dir:                                                              "cannot write to a directory",
		"leader --history " + dir + "/link":                                                    "cannot write to a symbolic link",
		"leader --history " + dir + "/" + strings.Repeat("n", 300):            "cannot be written",
		"leader --repeat 2 --history " + dir + "/" + strings.Repeat("n", 300): "cannot be written",
		"leader --report " + dir + "/a.md --report " + dir + "/a.md":          "is given twice",
	} {
		t.Run(line, func(t *testing.T) {
			_, err := clitest.Parse(t, newBareDrill, line)
			if err != nil && !errors.As(err, &cli.UsageError{}) {
				t.Errorf("%v is no usage error", err)
			}
			if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
				t.Errorf("%v, want %q", err, want)
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
				t.Errorf("the check left files: %v, %v", left, err)
			}
		})
	}
}

func TestForce(t *testing.T) {
	d := drillOptions{force: true}
	d.Rate, d.Budgets.Recovery, d.plan.Rounds, d.faults = 1, time.Second, 5, []string{"leader"}
	if err := d.validate(nil); err != nil || len(d.plan.Faults) != 1 || d.plan.Faults[0].Name != "leader-force" || d.plan.Rounds != 5 {
		t.Errorf("%v, %+v", err, d.plan)
	}
}

func TestNumberedHistories(t *testing.T) {
	dir := t.TempDir()
	f := drillFiles{history: filepath.Join(dir, "soak.jsonl")}
	for range 2 {
		if err := f.writeHistory(&history.Record{}, true); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.writeHistory(&history.Record{}, false); err != nil {
		t.Fatal(err)
	}
	got, err := filepath.Glob(dir + "/*")
	want := []string{dir + "/soak-001.jsonl", dir + "/soak-002.jsonl", dir + "/soak.jsonl"}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := readHistory(want[0]); err != nil {
		t.Error(err)
	}
	if _, err := readHistory(dir + "/none"); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestOverride(t *testing.T) {
	b := history.Budgets{WriteGap: 1, ReadGap: 2, Recovery: 3}
	override(&b, history.Budgets{})
	override(&b, history.Budgets{ReadGap: 9})
	if want := (history.Budgets{WriteGap: 1, ReadGap: 9, Recovery: 3}); b != want {
		t.Errorf("%+v", b)
	}
}

func newBareDrill(f *cli.Factory, run func(*drillOptions, context.Context) error) *cobra.Command {
	return newDrill(f, run)
}

func TestDrillVerifyFlags(t *testing.T) {
	page := t.TempDir() + "/r.md"
	clitest.Check(t, newDrillVerify, map[string]drillVerifyOptions{
		"h.jsonl": {file: "h.jsonl"},
		"h.jsonl --max-write-gap 1s --report " + page: {file: "h.jsonl", budgets: history.Budgets{WriteGap: time.Second}, drillFiles: drillFiles{reports: []string{page}}},
	}, "", "a b", "h --report r.pdf")
}

func TestDrillOptions(t *testing.T) {
	o, err := clitest.Parse(t, newBareDrill, "--faults leader,pause --random --seed 7 --repeat 20 --rate 50 --clients 6 --max-read-gap 2s --agent-image mirror/agent --yes --i-know-this-is-the-control-plane")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range o.plan.Faults {
		names = append(names, f.Name)
	}
	want := drill.Options{Rate: 50, Clients: 6, Budgets: history.Budgets{ReadGap: 2 * time.Second, Recovery: 3 * time.Minute}, Image: "mirror/agent", ControlPlane: true}
	if diff := clitest.Diff(want, o.Options); diff != "" || !slices.Equal(names, []string{"leader", "pause"}) || !o.plan.Random || o.plan.Seed != 7 || o.plan.Rounds != 20 || !o.yes {
		t.Errorf("%v %+v (-want +got):\n%s", names, o.plan, diff)
	}
}
