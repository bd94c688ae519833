package plugin

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestNameIsCheckedFirst checks that an invalid name is a usage error, before any request is sent.
func TestNameIsCheckedFirst(t *testing.T) {
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]string{
		"status sts/":                 `"sts/" is neither a name nor KIND/NAME`,
		"put k v --etcd ns/sts/etcd":  `--etcd "ns/sts/etcd" is neither a name nor KIND/NAME`,
		"down deploy/etcd --yes":      `"deploy/etcd" is not a StatefulSet, but every cluster of these manifests is one`,
		"render pod/etcd-0":           `"pod/etcd-0" is not a StatefulSet`,
		"list --etcd /etcd":           `--etcd "/etcd" is neither`,
		"doctor statefulset/etcd/one": `is neither`,
	} {
		streams, _, _, errOut := genericiooptions.NewTestIOStreams()
		args := append(strings.Fields(line), "--kubeconfig", kubeconfig, "--server", "http://127.0.0.1:1", "-n", "ns")
		if status := execute(t.Context(), streams, args); status != cli.ExitUsage || !strings.Contains(errOut.String(), want) {
			t.Errorf("%s: exit status %d, %q; want %q", line, status, errOut, want)
		}
	}
}

// TestOwnersAreNames writes to a cluster that is named by its pods' owner.
func TestOwnersAreNames(t *testing.T) {
	t.Parallel()
	k := kubetest.Serve(t, etcdtest.Start(t, 1, nil).Members[0].Endpoint, clusterObjects())
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"statefulset/etcd", "StatefulSet/etcd", "sts/etcd"} {
		streams, _, _, errOut := genericiooptions.NewTestIOStreams()
		args := []string{"put", "k", "v", "--etcd", name, "--kubeconfig", kubeconfig, "--server", k.URL, "-n", "ns", "--timeout", "60s"}
		if status := execute(t.Context(), streams, args); status != cli.ExitDone {
			t.Errorf("%s: exit status %d, %q", name, status, errOut)
		}
	}
}

// TestWhatWorksWithoutPortForward checks the command that is suggested where a port-forward cannot reach the member.
func TestWhatWorksWithoutPortForward(t *testing.T) {
	for _, url := range []string{"unix:///run/etcd/etcd.sock", "http://10.1.2.3:2379", "https://[fd00::1]:2379"} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "kv", Namespace: "ns"}}
		pod.Spec.Containers = []corev1.Container{{Name: "etcd", Command: []string{"etcd", "--listen-client-urls=" + url}}}
		found, err := cluster.Find(t.Context(), fake.NewClientset(pod), cluster.Target{Namespace: "ns", KubectlFlags: " --context dev"})
		if err != nil {
			t.Fatal(err)
		}
		why := found.Members[0].Server.Unreachable
		quoted := regexp.MustCompile(`"(kubectl etcd [^"]*)"`).FindStringSubmatch(why)
		if quoted == nil {
			t.Fatalf("no command in %q", why)
		}
		if checkCommands(t, url, quoted[1]) != 1 {
			t.Errorf("no command of the plugin: %q", quoted[1])
		}
	}
}
