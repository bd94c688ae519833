package plugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"
)

func TestNearest(t *testing.T) {
	known := []string{"gke", "eks", "aks", "local", "move-leader"}
	for name, want := range map[string][]string{
		"gek":         {"gke", "eks"}, // two letters each
		"lcoal":       {"local"},
		"LOCAL":       {"local"},
		"move":        {"move-leader"},
		"move_leader": {"move-leader"},
		"moon":        nil,
		"":            nil,
	} {
		if diff := cmp.Diff(want, nearest(name, known)); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
}

// Whoever mistypes a name is told which one was probably meant, and nothing is asked.
func TestDidYouMean(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	for line, want := range map[string]string{
		"statsu":                   `unknown command "statsu" (did you mean status?)`,
		"certs lst":                `unknown command "lst" (did you mean list?)`,
		"auth user ad":             `unknown command "ad" (did you mean add?)`,
		"auth usr add":             `unknown command "usr" (did you mean user?)`,
		"auth nothing":             `unknown command "nothing" (see "kubectl etcd auth --help")`,
		"help statsu":              `unknown command or topic "statsu" (did you mean status?)`,
		"help quorun":              `unknown command or topic "quorun" (did you mean quorum?)`,
		"help certs lst":           `unknown command or topic "certs lst" (see "kubectl etcd --help")`,
		"render --overlay lcoal":   `; did you mean local?`,
		"render --overlay nothing": `unknown overlay "nothing" (choose one of`,
		"drill crsh":               `; did you mean crash?`,
		"drill --faults crsh":      `; did you mean crash?`,
	} {
		t.Run(line, func(t *testing.T) {
			streams, _, out, errOut := genericiooptions.NewTestIOStreams()
			status := execute(t.Context(), streams, strings.Fields(line))
			if status != exitUsage || out.Len() > 0 || !strings.Contains(errOut.String(), want) {
				t.Errorf("exit status %d, stdout %q, stderr %q; want %q", status, out, errOut, want)
			}
		})
	}
}
