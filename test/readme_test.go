//go:build e2e

package test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDocuments runs the commands of the documents literally. Both parts use the namespace "shop", which is in the commands.
func TestDocuments(t *testing.T) {
	t.Parallel()
	s := open(t)
	t.Run("readme", s.typeReadme)
	t.Run("examples", func(t *testing.T) {
		params := s.params()
		params.Dir = filepath.Join("testdata", "docs")
		runJourneys(t, false, params)
	})
}

// typeReadme runs the README's five-minute start, and checks the output that it shows.
func (s sandbox) typeReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join(s.root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "\n## Five-minute start\n")
	section, _, _ = strings.Cut(section, "\n## ")
	promised := map[string]string{
		"kubectl etcd up":                                       "Sealed:     yes",
		"kubectl etcd status":                                   "healthy: 3 of 3 members",
		"kubectl etcd get greeting --each-member":               "etcd-2   hello, etcd",
		"kubectl etcd drill leader":                             "pass: all ",
		"kubectl etcd doctor":                                   "Verdict:",
		"kubectl get secret etcd-client-orders":                 "kubernetes.io/tls",
		"kubectl etcd down --delete-data --yes":                 "deleted",
		`kubectl etcd put greeting "hello, etcd"`:               "greeting written",
		"kubectl etcd certs issue --cn orders":                  `certificate for client "orders"`,
		"kubectl etcd down":                                     "",
		"kubectl create namespace shop":                         "",
		"kubectl config set-context --current --namespace shop": "",
	}
	s.freshNamespace(t, "shop") // deletes it at the end; the reader creates it
	s.deleteNamespace(t, "shop")
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := s.writeKubeconfig(kubeconfig, "default"); err != nil {
		t.Fatal(err)
	}
	for _, block := range regexp.MustCompile("(?ms)^```sh\n(.*?)^```").FindAllStringSubmatch(section, -1) {
		for line := range strings.Lines(block[1]) {
			line = strings.TrimSpace(line)
			want, known := promised[line]
			if !known {
				t.Errorf("%q: nothing is said of what it promises", line)
			}
			delete(promised, line)
			out, err := runLine(t, line, environment(kubeconfig, "PATH="+s.path())) // kubectl starts the plugin
			if err != nil || !strings.Contains(out, want) {
				t.Fatalf("$ %s\n%s%v; want %q", line, out, err, want)
			}
		}
	}
	for line := range promised {
		t.Errorf("%q is not in the README", line)
	}
}
