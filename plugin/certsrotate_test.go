package plugin

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestRefusingHalfWayDoesNotSayThatNothingWasChanged types something else than the word on a terminal: by then a rotation
// of the CAs has restarted members.
func TestRefusingHalfWayDoesNotSayThatNothingWasChanged(t *testing.T) {
	here, there, err := pty.Open()
	if errors.Is(err, pty.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	defer there.Close()
	if _, err := here.WriteString("no\n"); err != nil {
		t.Fatal(err)
	}
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	streams.In = there
	r := &rotateOptions{options: &options{IOStreams: streams}}
	if err := r.ask(t.Context(), "question"); err == nil || err.Error() != `"no" is not "yes"` {
		t.Errorf("it says %v", err)
	}
	r.yes = true
	if err := r.ask(t.Context(), "question"); err != nil {
		t.Errorf("it says %v", err)
	}
	var declined error = declinedError{"no", "yes"}
	if declined.Error() != `"no" is not "yes": nothing was changed` {
		t.Errorf("where nothing was: %v", declined)
	}
}

// TestWhatARotationSaysToTypeIsUnderstood types each command to the letter, with an API server that is not there: it is
// bad usage of none, with nobody at a terminal to be asked.
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
			if status := execute(context.WithoutCancel(t.Context()), streams, strings.Fields(words)); status != exitFailed || !strings.Contains(errOut.String(), "127.0.0.1:1") {
				t.Errorf("%q: exit status %d\n%s%s", line, status, out, errOut)
			}
		}
	}
	if typed != 5 {
		t.Errorf("%d commands are typed", typed)
	}
}
