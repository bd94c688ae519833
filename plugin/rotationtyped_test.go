package plugin

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestWhatARotationSaysToTypeIsUnderstood runs each suggested command literally, without a terminal and without an API server:
// none may be a usage error.
func TestWhatARotationSaysToTypeIsUnderstood(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "config")
	config := `{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], clusters: [{name: c, cluster: {server: "http://127.0.0.1:1"}}], users: [{name: u}]}`
	if err := os.WriteFile(kubeconfig, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("KUBECONFIG", kubeconfig)
	t.Chdir(t.TempDir())
	c := &cluster.Cluster{Name: "etcd", Namespace: "shop", StatefulSet: &appsv1.StatefulSet{}}
	typed := 0
	for _, phase := range []report.RotationPhase{report.RotationBegun, report.RotationTrusted, report.RotationSigned} {
		for _, line := range strings.Split(advice.Rotation(c, phase, nil).Remedy, "\n") {
			words, command := strings.CutPrefix(line, "kubectl etcd ")
			if !command {
				continue
			}
			typed++
			streams, _, out, errOut := genericiooptions.NewTestIOStreams()
			if status := execute(context.WithoutCancel(t.Context()), streams, strings.Fields(words)); status != cli.ExitFailed || !strings.Contains(errOut.String(), "127.0.0.1:1") {
				t.Errorf("%q: exit status %d\n%s%s", line, status, out, errOut)
			}
		}
	}
	if typed != 5 {
		t.Errorf("%d commands are typed", typed)
	}
}
