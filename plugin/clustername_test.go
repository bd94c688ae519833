package plugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestNameIsTheClusterThatIsAsked types a NAME that is not there behind each command that takes one, where the namespace has
// another cluster: the other one is neither asked nor changed.
func TestNameIsTheClusterThatIsAsked(t *testing.T) {
	t.Parallel()
	k := kubetest.Serve(t, "", completable())
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// They make a cluster of that name, remove what one has left, or ask none.
	others := map[string]bool{"up": true, "diff": true, "render": true, "certs create": true, "down": true}
	more := map[string][]string{"certs issue": {"--cn", "app"}, "certs rotate-ca": {"--yes"}}
	seen := 0
	eachCommandBelow(t, func(cmd *cobra.Command) {
		words := strings.Fields(cmd.CommandPath())[2:]
		line := strings.Join(words, " ")
		if !strings.Contains(cmd.Use, "[NAME]") || others[line] {
			return
		}
		seen++
		streams, _, _, errOut := genericiooptions.NewTestIOStreams()
		args := append(append(words, "nothere"), more[line]...)
		status := execute(t.Context(), streams, append(args, "--kubeconfig", kubeconfig, "--server", k.URL, "-n", "ns"))
		if status != cli.ExitFailed || !strings.Contains(errOut.String(), `no etcd cluster "nothere" in namespace "ns"`) {
			t.Errorf("%s nothere: exit status %d: %s", line, status, errOut)
		}
	})
	if seen < 8 {
		t.Errorf("only %d commands take a NAME", seen)
	}
}
