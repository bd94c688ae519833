package deploy

import (
	"errors"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/kustomize"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// TestRenderFlags checks that the choices have a name and a namespace only if they are given, and TLS by default.
func TestRenderFlags(t *testing.T) {
	const auto = kustomize.TLSAuto
	for line, want := range map[string]struct {
		choice kustomize.Options
		export string
	}{
		"--overlay gke":                    {kustomize.Options{Overlay: "gke", TLS: auto}, ""},
		"orders --overlay gke":             {kustomize.Options{Name: "orders", Overlay: "gke", TLS: auto}, ""},
		"statefulset/orders --overlay gke": {kustomize.Options{Name: "orders", Overlay: "gke", TLS: auto}, ""},
		"--etcd orders --overlay gke":      {kustomize.Options{Name: "orders", Overlay: "gke", TLS: auto}, ""},
		"-n shop --overlay eks --tls off":  {kustomize.Options{Namespace: "shop", Overlay: "eks", TLS: kustomize.TLSOff}, ""},
		"--overlay eks --export ./orders":  {kustomize.Options{Overlay: "eks", TLS: auto}, "./orders"},
	} {
		got, err := clitest.Parse(t, newRender, line)
		o := renderOptions{manifestFlags: manifestFlags{choice: want.choice}, export: want.export}
		if diff := clitest.Diff(o, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got):\n%s", line, err, diff)
		}
	}
}

func TestRenderRefuses(t *testing.T) {
	for _, line := range []string{
		"", "a b --overlay gke", "a --etcd b --overlay gke", "--overlay moon", "--overlay gke --replicas 0", "--overlay gke --replicas 4",
		"--overlay gke --tls nonsense", "UPPER --overlay gke",
	} {
		if _, err := clitest.Parse(t, newRender, line); !errors.As(err, &cli.UsageError{}) {
			t.Errorf("%q: %v is no usage error", line, err)
		}
	}
	if _, err := clitest.Parse(t, newRender, "deployment/orders --overlay gke"); !errors.As(err, new(*cluster.NameError)) {
		t.Errorf("a Deployment: %v is no error about a name", err)
	}
}
