package plugin

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/fault"
)

// TestEveryCommandIsInTheGuide demands what a new command is forgotten in: its row in the README, its rights, and a line that
// shows that it prints no Secret.
func TestEveryCommandIsInTheGuide(t *testing.T) {
	readme, rights := document(t, "README.md"), document(t, "docs/rbac.md")
	_, table, _ := strings.Cut(readme, "\n## The commands\n")
	table, _, _ = strings.Cut(table, "\n## ")
	var lines []string
	for line := range secretLines("FILE") {
		lines = append(lines, line)
	}
	// Those that ask no cluster, or only for what is no Secret, with the reason.
	withoutRights := []string{"render", "completion", "help"} // they ask nothing
	withoutLine := append([]string{"overlays", "down"}, withoutRights...)
	eachTopCommand(t, func(cmd *cobra.Command) {
		name := cmd.Name()
		if !regexp.MustCompile("(?m)^\\| [^|]*`" + name + "`").MatchString(table) {
			t.Errorf("README.md: \"The commands\" has no row with `%s`", name)
		}
		if !regexp.MustCompile(`(?m)^## .*\b`+name+`\b|kubectl etcd `+name+`\b`).MatchString(rights) && !slices.Contains(withoutRights, name) {
			t.Errorf("docs/rbac.md has no rights for %q: add \"$ kubectl etcd %s …\" to the section whose Role it needs, or a section", name, name)
		}
		shown := slices.ContainsFunc(lines, func(line string) bool { return line == name || strings.HasPrefix(line, name+" ") })
		if !shown && !slices.Contains(withoutLine, name) {
			t.Errorf("secretLines (nosecrets_test.go) has no line with %q: TestNoCommandTellsASecret runs the line; true says that it reads a Secret", name)
		}
	})
}

// TestEveryFaultIsInTheGuide demands a row in docs/drills.md and a journey that does it.
func TestEveryFaultIsInTheGuide(t *testing.T) {
	rows := document(t, "docs/drills.md")
	var journeys strings.Builder
	err := filepath.WalkDir(filepath.Join("..", "test"), func(path string, _ os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".txtar" {
			return err
		}
		text, err := os.ReadFile(path)
		journeys.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range fault.All() {
		name := f.Name
		typed := "(?:--[a-z-]+ [^ ]+ )*" + name + `\b|[^\n]*--faults (?:[a-z-]+,)*` + name + `\b`
		if name == "leader-force" { // as users type it
			name, typed = "leader --force", "leader [^\n]*--force"
		}
		// Not "exits 3 …" or "! …": the drill must be one that may pass.
		typed = `(?m)^(?:judged kubectl etcd |kubectl-etcd )?drill (?:` + typed + ")"
		if !strings.Contains(rows, "\n| `"+name+"` |") {
			t.Errorf("docs/drills.md has no row for `%s`", name)
		}
		if !regexp.MustCompile(typed).MatchString(journeys.String()) {
			t.Errorf("no journey does the drill %q: add \"drill %s --rate 50\" to test/testdata/drills/drill-faults.txtar", name, name)
		}
	}
}

// TestNothingIsCountedByHand: a count of faults, commands or overlays in a document is wrong as soon as one is added.
func TestNothingIsCountedByHand(t *testing.T) {
	counted := regexp.MustCompile(`(?i)\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|[0-9]+) (?:faults|overlays|commands|subcommands|topics)\b`)
	for name, text := range documents(t) {
		for _, count := range counted.FindAllString(text, -1) {
			t.Errorf("%s: %q is counted by hand", name, count)
		}
	}
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eachTopCommand visits the commands that a user is told of.
func eachTopCommand(t *testing.T, visit func(*cobra.Command)) {
	t.Helper()
	eachCommand(t, func(cmd *cobra.Command) {
		if cmd.IsAvailableCommand() {
			visit(cmd)
		}
	})
}
