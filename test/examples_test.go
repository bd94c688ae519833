package test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// elsewhere has the examples that the journey of the examples leaves out, and why.
var elsewhere = map[string]string{
	"kubectl etcd render --overlay gke | kubectl apply -f -":                             "GKE's disks; journey plain-kustomize has it of local",
	"kubectl apply -k ./etcd && kubectl etcd certs create":                               "journey plain-kustomize",
	"kubectl etcd certs rotate-ca":                                                       "TestCertificatesUnderLoad",
	"kubectl etcd certs rotate-ca --until trusted":                                       "journey certs",
	"kubectl etcd replace etcd-1":                                                        "a healthy member is not replaced; journey replace",
	"kubectl etcd down orders --delete-data --yes":                                       "with -n there",
	`kubectl etcd completion zsh > "${fpath[1]}/_kubectl-etcd"`:                          "zsh; TestCompletion",
	"kubectl etcd up orders -n shop --quota 4Gi":                                         "a roll of five members; journeys interrupted and status-warnings",
	"kubectl etcd drill leader":                                                          "the README's start, in TestDocuments",
	"kubectl etcd drill pause --for 10s --max-write-gap 3s --report pause.html":          "journey drill-faults",
	"kubectl etcd drill observe --for 10m --history upgrade.jsonl":                       "ten minutes; journey drill-nodes",
	"kubectl etcd drill --faults leader,crash,evict --random --seed 7 --repeat 20 --yes": "twenty drills; make soak",
}

// TestExamplesAreRun checks that every example of the help pages, from docs/cli, is in the journey that runs them.
func TestExamplesAreRun(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "docs", "examples.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join("..", "docs", "cli", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	run := runLines(string(script))
	left := maps.Clone(elsewhere)
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, example := range examples(string(text)) {
			found++
			delete(left, example)
			if elsewhere[example] == "" && !run[example] {
				t.Errorf("%s: %q is not run: add it to testdata/docs/examples.txtar, or to elsewhere in examples_test.go with the reason", page, example)
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d examples were found", found)
	}
	for example := range left {
		t.Errorf("%q is no example any more", example)
	}
}

// runLines returns the commands of the journey's script, without input, timeouts and expected statuses.
func runLines(script string) map[string]bool {
	wrapper := regexp.MustCompile(`^(?:judged |brief '|ask '?[^ ]+ ')?(.*?)'?$`)
	lines := map[string]bool{}
	for line := range strings.Lines(script) {
		line = strings.TrimSpace(line)
		lines[line] = true
		if match := wrapper.FindStringSubmatch(line); match != nil {
			lines[match[1]] = true
		}
	}
	return lines
}

func TestRunLines(t *testing.T) {
	got := runLines("kubectl a\n# kubectl b\njudged kubectl c\nask x 'kubectl d'\nask 'x\\ny' 'kubectl e'\nbrief 'kubectl f'\n")
	for _, want := range []string{"kubectl a", "kubectl c", "kubectl d", "kubectl e", "kubectl f"} {
		if !got[want] {
			t.Errorf("%q is not seen", want)
		}
	}
	if got["kubectl b"] {
		t.Error("a comment is taken for a command")
	}
}

// examples returns the lines below each "Examples:" of a page, up to the empty line.
func examples(page string) []string {
	var list []string
	inside := false
	for line := range strings.Lines(page) {
		line = strings.TrimSpace(line)
		switch {
		case line == "Examples:":
			inside = true
		case line == "":
			inside = false
		case inside:
			list = append(list, line)
		}
	}
	return list
}
