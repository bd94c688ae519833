//go:build unix

package plugin

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// testCompletionLimit is the deadline of these completions, long enough for a credential program to run on a busy machine.
// processLimit is how long the whole process may take, far below any other deadline.
const (
	testCompletionLimit = 2 * time.Second
	processLimit        = 10 * time.Second
)

const laterHelp = "_activeHelp_ No answer in time (KUBECTL_ETCD_COMPLETION_TIMEOUT=2s waits longer).\n"

// TestCompletionLeavesTheTerminalAlone runs whole processes on a terminal, with everything that can go wrong. None may take long,
// or print anything but candidates.
func TestCompletionLeavesTheTerminalAlone(t *testing.T) {
	dir := t.TempDir()
	forbids := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Warning", `299 - "the end is near"`)
		http.Error(w, "no", http.StatusForbidden)
	}))
	defer forbids.Close()
	asks := filepath.Join(dir, "asks") // a program that asks for a password and never ends
	script := "#!/bin/sh\necho password? >&2\n(echo password? >/dev/tty) 2>/dev/null\necho $$ > " + dir + "/pid\nexec sleep 60\n"
	if err := os.WriteFile(asks, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ config, args, want string }{
		"no kubeconfig":                 {"", "status", ""},
		"a broken kubeconfig":           {"{", "status", ""},
		"no such context":               {kubeconfigOf(forbids.URL, "{}"), "status --context nope", ""},
		"an API server that never says": {kubeconfigOf("https://"+blackHole(t), "{}"), "status", laterHelp},
		"one that forbids":              {kubeconfigOf(forbids.URL, "{}"), "get", ""},
		"nobody listens":                {kubeconfigOf("https://127.0.0.1:1", "{}"), "get", ""},
		"a program that fails":          {kubeconfigOf("https://127.0.0.1:1", execOf("false")), "get", ""},
		"a program that asks":           {kubeconfigOf("https://127.0.0.1:1", execOf(asks)), "get", laterHelp},
		"an unknown flag":               {"", "status --nope", ""},
	} {
		t.Run(name, func(t *testing.T) {
			kubeconfig := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(kubeconfig, []byte(c.config), 0o600); err != nil {
				t.Fatal(err)
			}
			out, screen, took := onTerminal(t, kubeconfig, append([]string{"__complete"}, append(strings.Fields(c.args), "")...)...)
			t.Log(took)
			if diff := cmp.Diff(c.want+":4\n", strings.ReplaceAll(out, ":0\n", ":4\n")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if screen != "" || took > processLimit {
				t.Errorf("after %s the terminal shows %q", took, screen)
			}
		})
	}
	pid, err := os.ReadFile(filepath.Join(dir, "pid"))
	if err != nil {
		t.Fatal("the program was not run: ", err)
	}
	for deadline := time.Now().Add(processLimit); exec.Command("kill", "-0", strings.TrimSpace(string(pid))).Run() == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the program that asks is left running")
		}
	}
}

// blackHole returns the address of a server that accepts and never answers.
func blackHole(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(io.Discard, conn) }()
		}
	}()
	return listener.Addr().String()
}

func kubeconfigOf(server, user string) string {
	return fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u, namespace: ns}}],
clusters: [{name: c, cluster: {server: %q}}], users: [{name: u, user: %s}]}`, server, user)
}

func execOf(program string) string {
	return fmt.Sprintf(`{exec: {apiVersion: client.authentication.k8s.io/v1, interactiveMode: IfAvailable, command: %q}}`, program)
}

// onTerminal runs the plugin as kubectl's completion does: stdout is a pipe, stdin and stderr are the terminal.
func onTerminal(t *testing.T, kubeconfig string, args ...string) (out, screen string, took time.Duration) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	here, there, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	defer here.Close()
	seen := make(chan string)
	go func() {
		text, _ := io.ReadAll(here)
		seen <- string(text)
	}()
	var stdout bytes.Buffer
	// The terminal belongs to a shell, which runs the program.
	shell := exec.Command("sh", append([]string{"-c", `exec 3>&1 >/dev/tty; "$0" "$@" >&3`, self}, args...)...)
	shell.Env = append(os.Environ(), asProgram+"=1", "KUBECONFIG="+kubeconfig, cli.CompleteVariable+"="+testCompletionLimit.String())
	shell.Stdin, shell.Stdout, shell.Stderr = there, &stdout, there
	shell.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	start := time.Now()
	err = shell.Run()
	took = time.Since(start)
	_ = there.Close()
	if err != nil {
		t.Error(err)
	}
	return stdout.String(), <-seen, took
}
