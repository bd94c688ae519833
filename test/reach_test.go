//go:build e2e || bench

package test

import (
	"bufio"
	"bytes"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// reached is a cluster on the sandbox, with the plugin's connection to it in this process.
type reached struct {
	kube    kubernetes.Interface
	cluster *cluster.Cluster
	conn    *connect.Connection
}

// up creates a cluster in a new namespace, and returns a kubeconfig for it.
func (s sandbox) up(t *testing.T, namespace string, flags ...string) string {
	t.Helper()
	s.freshNamespace(t, namespace)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := s.writeKubeconfig(kubeconfig, namespace); err != nil {
		t.Fatal(err)
	}
	if out, err := s.as(t, kubeconfig, "kubectl etcd up "+strings.Join(flags, " ")); err != nil {
		t.Fatal(err, out)
	}
	return kubeconfig
}

// reach opens the only cluster of a namespace.
func reach(t *testing.T, kubeconfig, namespace string) reached {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	config.QPS = -1 // as in the plugin
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	found, err := cluster.Find(t.Context(), kube, cluster.Target{Namespace: namespace})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := connect.Open(t.Context(), config, kube, found, credentials.FlagValues{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return reached{kube, found, conn}
}

// started runs a program until the end of the test, and returns its first line of output.
func started(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var trouble bytes.Buffer
	if cmd.Stderr == nil {
		cmd.Stderr = &trouble
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		_ = cmd.Wait() // all of stderr is read then
		t.Fatalf("%s ended: %v\n%s", cmd, err, trouble.String())
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	return strings.TrimSpace(line)
}
