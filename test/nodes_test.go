//go:build e2e

package test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// network is the network namespace of a node of the sandbox.
func network(node string) string { return filepath.Join("/run/netns", node) }

// needNodes skips the test if the nodes are not network namespaces of this machine. On another Kubernetes it is unknown
// whether the network enforces policies, and its network must not be partitioned.
func (s sandbox) needNodes(t *testing.T) {
	t.Helper()
	if missing := s.foreignNode(t); missing != nil {
		t.Skip(missing)
	}
}

// foreignNode returns an error that names a node which is not a network namespace of this machine, or nil.
func (s sandbox) foreignNode(t *testing.T) error {
	t.Helper()
	nodes, err := s.kube.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range nodes.Items {
		if _, err := os.Stat(network(node.Name)); err != nil {
			return fmt.Errorf("node %q is not one of the sandbox on this machine: %w", node.Name, err)
		}
	}
	return nil
}

// place is the node and the address of a member's pod.
type place struct{ Node, Address string }

// places returns the places of a cluster's members by name.
func (s sandbox) places(t *testing.T, namespace string) map[string]place {
	t.Helper()
	pods, err := s.kube.CoreV1().Pods(namespace).List(t.Context(), metav1.ListOptions{LabelSelector: "app.kubernetes.io/name=etcd"})
	if err != nil {
		t.Fatal(err)
	}
	places := map[string]place{}
	for _, pod := range pods.Items {
		if pod.Spec.NodeName == "" || pod.Status.PodIP == "" {
			t.Fatalf("pod %q has no node or no address yet", pod.Name)
		}
		places[pod.Name] = place{pod.Spec.NodeName, pod.Status.PodIP}
	}
	return places
}

// status returns the status of the only cluster of a kubeconfig's namespace.
func (s sandbox) status(t *testing.T, kubeconfig string) report.Status {
	t.Helper()
	out, err := s.plugin(t, kubeconfig, "status", "-o", "json").Output()
	var status report.Status
	if json.Unmarshal(out, &status) != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return status
}

// cutScript drops packets in the network namespace that it runs in, for some seconds or until its stdin ends, which it does
// with its parent: cut.sh SECONDS "FROM TO"... Its rules come first. Rules that accept established connections, as those of a
// NetworkPolicy, come after.
const cutScript = `set -e
seconds=$1
shift
heal() { for pair; do iptables -w -t raw -D PREROUTING -s ${pair% *} -d ${pair#* } -j DROP; done; }
trap 'heal "$@"' EXIT
for pair; do iptables -w -t raw -I PREROUTING -s ${pair% *} -d ${pair#* } -j DROP; done
timeout "$seconds" cat || [ $? = 124 ]
`

// cut drops packets in a node's network until heal is called, or for a time. The test ends only when they pass again.
func cut(t *testing.T, node string, length time.Duration, pairs []string) (heal func()) {
	t.Helper()
	args := []string{"--net=" + network(node), "sh", "-c", cutScript, "sh", fmt.Sprint(length.Seconds())}
	// Not with the test's context, because it also removes the rules.
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "nsenter", append(args, pairs...)...)
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wait := sync.OnceFunc(func() {
		if err := cmd.Wait(); err != nil {
			t.Errorf("cutting %q off on node %q: %v\n%s", pairs, node, err, out.String())
		}
	})
	t.Cleanup(wait)
	return func() {
		_ = stdin.Close()
		wait()
	}
}
