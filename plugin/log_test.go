package plugin

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// TestLibrariesLogNothing has an API server that ends a response half-way, and one that sends warnings.
func TestLibrariesLogNothing(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"an error that is returned too": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write([]byte("{"))
		}, "error: unexpected error when reading response body. Please retry. Original error: unexpected EOF\n"},
		"a warning": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Warning", `299 - "the end is near"`)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte(`{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "Forbidden", "code": 403}`))
		}, "Warning: the end is near\nerror: "},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.Close()
			kubeconfig := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			logged.Reset()
			streams, _, out, errOut := genericiooptions.NewTestIOStreams()
			status := execute(t.Context(), streams, []string{"list", "--kubeconfig", kubeconfig, "--server", server.URL, "-n", "ns"})
			klog.Flush()
			if status != cli.ExitFailed || out.Len() > 0 || logged.Len() > 0 {
				t.Errorf("exit status %d, stdout %q, logged:\n%s", status, out, &logged)
			}
			if !strings.HasPrefix(errOut.String(), c.want) {
				t.Errorf("stderr %q, want %q", errOut, c.want)
			}
		})
	}
}
