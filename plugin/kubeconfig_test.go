//go:build unix

package plugin

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// runWithKubeconfig runs a command with a kubeconfig, and returns its exit status and output.
func runWithKubeconfig(t *testing.T, path, config string, args ...string) (status int, out, errOut string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	streams, _, stdout, stderr := genericiooptions.NewTestIOStreams()
	status = execute(t.Context(), streams, append(args, "--kubeconfig", path, "-n", "ns"))
	return status, stdout.String(), stderr.String()
}

// TestKubeconfigsThatLeadNowhere checks that errors about a kubeconfig name the cause and the remedy.
func TestKubeconfigsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	answers := func(contentType, body string) string {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.WriteHeader(http.StatusNotFound)
			_, _ = io.WriteString(w, body)
		}))
		t.Cleanup(server.Close)
		return server.URL + "/k8s/clusters/wrong"
	}
	plain, rancher := answers("text/plain", "404 page not found\n"), answers("application/json", `{"type":"error","status":"404","message":"not found"}`)
	kubernetes := answers("application/json", `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"NotFound","code":404,"message":"x not found"}`)
	path := filepath.Join(t.TempDir(), "config")
	stranger := func(server string) string {
		return `error: the server at "` + server + `" is not a Kubernetes API server: it has no Kubernetes objects at that address (check host and path of "server" in this context's cluster, or choose another --context)` + "\n"
	}
	for name, test := range map[string]struct{ config, line, want string }{
		"no current-context": {
			strings.Replace(kubeconfigOf(plain, "{}"), "current-context: c,", "", 1), "get k",
			`error: the kubeconfig "` + path + `" has no current-context (choose one of its contexts with --context: "c"; "kubectl config use-context" keeps the choice)` + "\n",
		},
		"a context is chosen": {strings.Replace(kubeconfigOf(plain, "{}"), "current-context: c,", "", 1), "get k --context c", stranger(plain)},
		"a wrong path":        {kubeconfigOf(plain, "{}"), "put k v", stranger(plain)},
		"one of Rancher's":    {kubeconfigOf(rancher, "{}"), "status", stranger(rancher)},
		"an empty file":       {"", "get k", "error: " + cli.ErrNoConfig.Error() + "\n"},
	} {
		status, out, errOut := runWithKubeconfig(t, path, test.config, strings.Fields(test.line)...)
		if diff := cmp.Diff(test.want, errOut); diff != "" || status != cli.ExitFailed || out != "" {
			t.Errorf("%s: exit status %d, stdout %q (-want +got)\n%s", name, status, out, diff)
		}
	}
	if _, _, errOut := runWithKubeconfig(t, path, kubeconfigOf(kubernetes, "{}"), "get", "k"); strings.Contains(errOut, "not a Kubernetes API") {
		t.Errorf("a Kubernetes was taken for something else: %s", errOut)
	}
}

// TestCredentialProgramThatHangs checks that the program and its children are killed at --timeout.
func TestCredentialProgramThatHangs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	program := filepath.Join(dir, "get-token")
	script := "#!/bin/sh\nsleep 300 &\necho $! > " + dir + "/child\necho $$ > " + dir + "/parent\nwait\n"
	if err := os.WriteFile(program, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	status, out, errOut := runWithKubeconfig(t, filepath.Join(dir, "config"), kubeconfigOf("https://127.0.0.1:1", execOf(program)), "get", "k", "--timeout", "3s")
	if took := time.Since(begin); took > time.Minute {
		t.Errorf("it took %s", took)
	}
	want := `error: not done within 3s: the credential program "` + program + `" of this kubeconfig's user was still running and was killed ` +
		"(run it by itself to see what it waits for, or give it longer with --timeout)\n"
	if diff := cmp.Diff(want, errOut); diff != "" || status != cli.ExitFailed || out != "" {
		t.Errorf("exit status %d, stdout %q (-want +got)\n%s", status, out, diff)
	}
	for _, name := range []string{"parent", "child"} {
		pid, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal("the program was not run: ", err)
		}
		for deadline := time.Now().Add(processLimit); isRunning(strings.TrimSpace(string(pid))); time.Sleep(10 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the %s is left running", name)
			}
		}
	}
}

// isRunning reports whether a process exists and is no zombie.
func isRunning(pid string) bool {
	state, err := exec.Command("ps", "-o", "stat=", "-p", pid).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(state)), "Z")
}
