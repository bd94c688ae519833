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

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"k8s.io/utils/ptr"
)

// kubeconfigVariable names another Kubernetes to run on. It is not KUBECONFIG, which may point to an important cluster when
// a user runs "make test".
const kubeconfigVariable = "E2E_KUBECONFIG"

// sandbox is the Kubernetes that the tests run on.
type sandbox struct {
	root       string // the repository's folder
	kubeconfig string
	kubectlAt  string               // the path of kubectl
	kube       kubernetes.Interface // of the administrator
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
	for _, program := range []string{"kubectl-etcd", "kubectl"} {
		if s.kubectlAt, err = exec.LookPath(s.program(program)); err != nil {
			t.Fatalf("%s is not there (run make build sandbox)", s.program(program))
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	config, err := clientcmd.BuildConfigFromFlags("", s.kubeconfig)
	if err == nil {
		config.QPS = -1 // no limit, as in the plugin
		s.kube, err = kubernetes.NewForConfig(config)
	}
	if err == nil {
		err = s.kube.Discovery().RESTClient().Get().AbsPath("/readyz").Do(ctx).Error()
	}
	if err != nil {
		t.Fatalf("no Kubernetes answers at %s (run make sandbox): %v", s.kubeconfig, err)
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

// direct returns the variables with which the plugin is started for "kubectl etcd" without a start of kubectl (test/direct).
func (s sandbox) direct() []string {
	return []string{"KUBECTL=" + s.kubectlAt, "PATH=" + filepath.Join(s.root, "test", "direct") + string(os.PathListSeparator) + s.path()}
}

// as runs a command with a kubeconfig, and returns its output on both streams.
func (s sandbox) as(t *testing.T, kubeconfig, line string) (string, error) {
	t.Helper()
	return runLine(t, line, environment(kubeconfig, s.direct()...))
}

// runLine runs a command in a shell, and returns its output on both streams.
func runLine(t *testing.T, line string, environment []string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	cmd.Env = environment
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

// createNamespace creates a namespace that enforces the restricted Pod Security standard. It uses client-go: each start of
// kubectl takes a third of a second of a processor.
func (s sandbox) createNamespace(ctx context.Context, name string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: name, Labels: map[string]string{"pod-security.kubernetes.io/enforce": "restricted"},
	}}
	if _, err := s.kube.CoreV1().Namespaces().Create(ctx, namespace, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("create namespace %q: %w", name, err)
	}
	return nil
}

// freshNamespace creates a namespace until the end of the test. One of an earlier run is deleted first.
func (s sandbox) freshNamespace(t *testing.T, name string) {
	t.Helper()
	s.deleteNamespace(t, name)
	if err := s.createNamespace(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	ctx := context.WithoutCancel(t.Context())
	t.Cleanup(func() {
		if err := s.removeNamespace(ctx, name); err != nil {
			t.Error(err)
		}
	})
}

// deleteNamespace deletes a namespace, and waits until it is gone.
func (s sandbox) deleteNamespace(t *testing.T, name string) {
	t.Helper()
	if err := s.removeNamespace(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	err := wait.PollUntilContextTimeout(t.Context(), 200*time.Millisecond, 50*time.Second, true, func(ctx context.Context) (bool, error) {
		_, err := s.kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
		return apierrors.IsNotFound(err), ignoreNotFound(err)
	})
	if err != nil {
		t.Fatalf("wait until namespace %q is gone: %v", name, err)
	}
}

// removeNamespace deletes a namespace and the volumes bound from it, without waiting. Its pods get a second to end: etcd would
// wait up to ten for its clients' streams, while the next test runs.
func (s sandbox) removeNamespace(ctx context.Context, name string) error {
	core := s.kube.CoreV1()
	if err := core.Namespaces().Delete(ctx, name, metav1.DeleteOptions{}); ignoreNotFound(err) != nil {
		return fmt.Errorf("delete namespace %q: %w", name, err)
	}
	second := metav1.DeleteOptions{GracePeriodSeconds: ptr.To(int64(1))}
	if err := core.Pods(name).DeleteCollection(ctx, second, metav1.ListOptions{}); ignoreNotFound(err) != nil {
		return fmt.Errorf("delete the pods of namespace %q: %w", name, err)
	}
	volumes, err := core.PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return fmt.Errorf("list the volumes of namespace %q: %w", name, err)
	}
	for _, volume := range volumes.Items {
		if claim := volume.Spec.ClaimRef; claim == nil || claim.Namespace != name {
			continue
		}
		if err := core.PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{}); ignoreNotFound(err) != nil {
			return fmt.Errorf("delete volume %q of namespace %q: %w", volume.Name, name, err)
		}
	}
	return nil
}

// writeKubeconfig writes a new kubeconfig whose context has that namespace. The context can be changed before.
func (s sandbox) writeKubeconfig(file, namespace string, change ...func(*clientcmdapi.Config, *clientcmdapi.Context)) error {
	config, err := clientcmd.LoadFromFile(s.kubeconfig)
	if err != nil {
		return err
	}
	if err := clientcmdapi.FlattenConfig(config); err != nil {
		return err
	}
	current, found := config.Contexts[config.CurrentContext]
	if !found {
		return fmt.Errorf("%s has no current context", s.kubeconfig)
	}
	current.Namespace = namespace
	for _, c := range change {
		c(config, current)
	}
	return clientcmd.WriteToFile(*config, file)
}

// ignoreNotFound returns nil if an object is not there, and any other error.
func ignoreNotFound(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
