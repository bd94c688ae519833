package plugin

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

func TestHelpIsTheSameBothWays(t *testing.T) {
	eachCommandBelow(t, func(c *cobra.Command) {
		words := strings.Fields(c.CommandPath())[2:]
		if diff := cmp.Diff(helpPage(t, append(words, "--help")...), helpPage(t, append([]string{"help"}, words...)...)); diff != "" {
			t.Errorf("%s --help, and help of it:\n%s", c.CommandPath(), diff)
		}
	})
}

// TestDidYouMean checks that the nearest name is suggested for a mistyped one, without a request.
func TestDidYouMean(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	for line, want := range map[string]string{
		"statsu":                   `unknown command "statsu" (did you mean status?)`,
		"certs lst":                `unknown command "lst" (did you mean list?)`,
		"auth user ad":             `unknown command "ad" (did you mean add?)`,
		"auth usr add":             `unknown command "usr" (did you mean user?)`,
		"auth nothing":             `unknown command "nothing" (see "kubectl etcd auth --help")`,
		"hlp":                      `(did you mean help?)`,
		"help stat":                `(did you mean status?)`,
		"help statsu":              `unknown command or topic "statsu" (did you mean status?)`,
		"help quorun":              `unknown command or topic "quorun" (did you mean quorum?)`,
		"help certs lst":           `unknown command "lst" (did you mean list?)`,
		"render --overlay lcoal":   `(did you mean local?)`,
		"render --overlay nothing": `unknown overlay "nothing" (choose one of`,
		"drill crsh":               `(did you mean crash?)`,
		"drill --faults crsh":      `(did you mean crash?)`,
	} {
		t.Run(line, func(t *testing.T) {
			streams, _, out, errOut := genericiooptions.NewTestIOStreams()
			status := execute(t.Context(), streams, strings.Fields(line))
			if status != cli.ExitUsage || out.Len() > 0 || !strings.Contains(errOut.String(), want) {
				t.Errorf("exit status %d, stdout %q, stderr %q; want %q", status, out, errOut, want)
			}
		})
	}
}
