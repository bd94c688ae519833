package access

import (
	"errors"
	"testing"

	"github.com/creack/pty"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// TestRefusingHalfWayDoesNotSayThatNothingWasChanged declines on a terminal, when a rotation of the CAs has restarted members.
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
	r := &certsRotateOptions{Factory: &cli.Factory{IOStreams: streams}}
	if err := r.ask(t.Context(), "question"); err == nil || err.Error() != `"no" is not "yes"` {
		t.Errorf("it says %v", err)
	}
	r.yes = true
	if err := r.ask(t.Context(), "question"); err != nil {
		t.Errorf("it says %v", err)
	}
}
