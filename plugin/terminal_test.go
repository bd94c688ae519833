package plugin

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// TestWarningsDriveNoTerminal has an API server send control characters in a warning and an error: a terminal must get them escaped.
func TestWarningsDriveNoTerminal(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Warning", "299 - \"the end\u202e is near\"")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(w, `{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403, "message": "no\u001b[31m"}`)
	}))
	defer server.Close()
	kubeconfig := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	here, there, err := pty.Open()
	if errors.Is(err, pty.ErrUnsupported) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	seen := make(chan string)
	go func() {
		text, _ := io.ReadAll(here) // Linux returns an error once the other side is closed
		seen <- string(text)
	}()
	streams := genericiooptions.IOStreams{In: strings.NewReader(""), Out: there, ErrOut: there}
	status := execute(t.Context(), streams, []string{"list", "--kubeconfig", kubeconfig, "--server", server.URL, "-n", "ns"})
	_ = there.Close()
	got := <-seen
	if status != cli.ExitFailed || !strings.Contains(got, `Warning: the end\u202e is near`) || !strings.Contains(got, "no^[[31m") {
		t.Errorf("exit status %d: %q", status, got)
	}
}
