//go:build e2e || bench

// Package test holds the end-to-end journeys: the built plugin, a real kubectl, a real Kubernetes.
package test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// kubeconfigVariable names another Kubernetes to run on. It is not KUBECONFIG, which may point to an important cluster when
// a user runs "make test".
const kubeconfigVariable = "E2E_KUBECONFIG"

// sandbox is the Kubernetes that the tests run on.
type sandbox struct {
	root       string // the repository's folder
	kubeconfig string
}

// open finds the running sandbox, or fails with the command that starts it.
func open(t *testing.T) sandbox {
	t.Helper()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	s := sandbox{root: root, kubeconfig: os.Getenv(kubeconfigVariable)}
	if s.kubeconfig == "" {
		s.kubeconfig = filepath.Join(root, ".sandbox", "kubeconfig")
	}
	for _, program := range []string{"kubectl", "kubectl-etcd"} {
		if _, err := exec.LookPath(s.program(program)); err != nil {
			t.Fatalf("%s is not there (run make build sandbox)", s.program(program))
		}
	}
	if out, err := s.kubectl(t.Context(), "", "get", "--raw=/readyz", "--request-timeout=10s"); err != nil {
		t.Fatalf("no Kubernetes answers at %s (run make sandbox): %v\n%s", s.kubeconfig, err, out)
	}
	return s
}

// program returns the path of kubectl or of the built plugin. Any other name is looked up in PATH.
func (s sandbox) program(name string) string {
	switch name {
	case "kubectl":
		own := filepath.Join(s.root, ".sandbox", "bin", name)
		if _, err := os.Stat(own); err == nil {
			return own
		}
	case "kubectl-etcd":
		return filepath.Join(s.root, "bin", name)
	}
	return name
}

// path is a PATH on which "kubectl etcd" is the built plugin.
func (s sandbox) path() string {
	dirs := []string{filepath.Join(s.root, "bin"), filepath.Join(s.root, ".sandbox", "bin"), os.Getenv("PATH")}
	return strings.Join(dirs, string(os.PathListSeparator))
}

// environment returns this process's environment with that kubeconfig.
func environment(kubeconfig string, more ...string) []string {
	return append(append(os.Environ(), "KUBECONFIG="+kubeconfig), more...)
}

// as runs a command with a kubeconfig, and returns its output on both streams.
func (s sandbox) as(t *testing.T, kubeconfig, line string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Env = environment(kubeconfig, "PATH="+s.path())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// kubectl runs kubectl as the sandbox's administrator, and returns its output on both streams.
func (s sandbox) kubectl(ctx context.Context, stdin string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.program("kubectl"), args...)
	cmd.Env = environment(s.kubeconfig)
	cmd.Stdin = strings.NewReader(stdin)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	return out.String(), err
}

// createNamespace creates a namespace that enforces the restricted Pod Security standard.
func (s sandbox) createNamespace(ctx context.Context, name string) error {
	manifest := fmt.Sprintf(`
apiVersion: v1
kind: Namespace
metadata:
  name: %s
  labels:
    pod-security.kubernetes.io/enforce: restricted
`, name)
	if out, err := s.kubectl(ctx, manifest, "create", "-f", "-"); err != nil {
		return fmt.Errorf("create namespace %q: %w: %s", name, err, out)
	}
	return nil
}

// freshNamespace creates a namespace, which must not exist, until the end of the test.
func (s sandbox) freshNamespace(t *testing.T, name string) {
	t.Helper()
	ctx := t.Context()
	if err := s.removeNamespace(ctx, name); err != nil {
		t.Fatal(err)
	}
	if out, err := s.kubectl(ctx, "", "wait", "--for=delete", "namespace/"+name, "--timeout=50s"); err != nil {
		t.Fatal(err, out)
	}
	if err := s.createNamespace(ctx, name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.removeNamespace(context.WithoutCancel(ctx), name); err != nil {
			t.Error(err)
		}
	})
}

// removeNamespace deletes a namespace and the volumes bound from it, without waiting.
func (s sandbox) removeNamespace(ctx context.Context, name string) error {
	if out, err := s.kubectl(ctx, "", "delete", "namespace", name, "--wait=false", "--ignore-not-found"); err != nil {
		return fmt.Errorf("delete namespace %q: %w: %s", name, err, out)
	}
	claims := fmt.Sprintf(`{range .items[?(@.spec.claimRef.namespace==%q)]}{.metadata.name}{"\n"}{end}`, name)
	out, err := s.kubectl(ctx, "", "get", "persistentvolumes", "-o", "jsonpath="+claims)
	if err != nil {
		return fmt.Errorf("list the volumes of namespace %q: %w: %s", name, err, out)
	}
	volumes := strings.Fields(out)
	if len(volumes) == 0 {
		return nil
	}
	args := append([]string{"delete", "persistentvolume", "--wait=false", "--ignore-not-found"}, volumes...)
	if out, err := s.kubectl(ctx, "", args...); err != nil {
		return fmt.Errorf("delete the volumes of namespace %q: %w: %s", name, err, out)
	}
	return nil
}

// writeKubeconfig writes a new kubeconfig whose context has that namespace.
func (s sandbox) writeKubeconfig(ctx context.Context, file, namespace string) error {
	flat, err := s.kubectl(ctx, "", "config", "view", "--raw", "--flatten")
	if err != nil {
		return fmt.Errorf("read %s: %w: %s", s.kubeconfig, err, flat)
	}
	if err := os.WriteFile(file, []byte(flat), 0o600); err != nil {
		return err
	}
	out, err := s.kubectl(ctx, "", "config", "set-context", "--current", "--namespace="+namespace, "--kubeconfig="+file)
	if err != nil {
		return fmt.Errorf("set the namespace in %s: %w: %s", file, err, out)
	}
	return nil
}
