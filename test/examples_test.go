package test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// elsewhere are examples that the journey of the examples leaves out, and why.
var elsewhere = map[string]string{
	"kubectl etcd render --overlay gke | kubectl apply -f -":                             "GKE's disks; journey plain-kustomize has it of local",
	"kubectl apply -k ./etcd && kubectl etcd certs create":                               "journey plain-kustomize",
	"kubectl etcd certs rotate-ca":                                                       "TestCertificatesUnderLoad",
	"kubectl etcd replace etcd-1":                                                        "a healthy member is not replaced; journey replace",
	"kubectl etcd down orders --delete-data --yes":                                       "with -n there",
	`kubectl etcd completion zsh > "${fpath[1]}/_kubectl-etcd"`:                          "zsh; TestCompletion",
	"kubectl etcd drill pause --for 10s --max-write-gap 3s --report pause.html":          "journey drill-faults",
	"kubectl etcd drill observe --for 10m --history upgrade.jsonl":                       "ten minutes; journey drill-faults",
	"kubectl etcd drill --faults leader,crash,evict --random --seed 7 --repeat 20 --yes": "twenty drills; make soak",
}

// TestExamplesAreRun: every example of the help pages, as docs/cli has them, stands in the journey that runs them.
func TestExamplesAreRun(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("testdata", "docs", "examples.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := filepath.Glob(filepath.Join("..", "docs", "cli", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, example := range examples(string(text)) {
			found++
			if elsewhere[example] == "" && !strings.Contains(string(script), example) {
				t.Errorf("%s: %q is in no journey (testdata/docs/examples.txtar)", page, example)
			}
		}
	}
	if found < 80 {
		t.Errorf("only %d examples were found", found)
	}
}

// examples are the lines below each "Examples:" of a page, up to the empty one.
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
