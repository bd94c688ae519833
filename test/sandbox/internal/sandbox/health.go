package sandbox

import (
	"context"
	"fmt"
	"net"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controlplane"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/node"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// askBound is the deadline of a single request, so that a hanging process is detected.
const askBound = 5 * time.Second

// doubt is how long a sandbox with running processes may be too busy to answer before it is replaced: everything in it is
// lost then.
const doubt = 30 * time.Second

func newClient(kubeconfig string) (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read kubeconfig %q: %w", kubeconfig, err)
	}
	config.Timeout = askBound
	return kubernetes.NewForConfig(config)
}

// ready returns nil if the API server is ready.
func ready(ctx context.Context, client kubernetes.Interface) error {
	_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
	return err
}

// nodesReady returns nil if every node of the plan is Ready.
func nodesReady(ctx context.Context, client kubernetes.Interface) error {
	nodes, err := client.CoreV1().Nodes().List(ctx, meta.ListOptions{})
	if err != nil {
		return err
	}
	is := map[string]bool{}
	for _, n := range nodes.Items {
		for _, c := range n.Status.Conditions {
			if c.Type == core.NodeReady && c.Status == core.ConditionTrue {
				is[n.Name] = true
			}
		}
	}
	for _, n := range plan.Nodes() {
		if !is[n.Name] {
			return fmt.Errorf("node %q is not ready", n.Name)
		}
	}
	return nil
}

// complete reports whether a sandbox that an older checkout started has every process of a current one, without the extras.
func complete(l plan.Layout, record *owner.Record) error {
	has := record.Names()
	want := controlplane.Agents(l)
	for _, n := range plan.Nodes() {
		want = append(want, node.Agents(l, n, process.Process{})...)
	}
	for _, c := range want {
		if !has[c.Name] {
			return fmt.Errorf("it was started without %s", c.Name)
		}
	}
	return nil
}

// healthy reports whether a running sandbox works.
func healthy(ctx context.Context, l plan.Layout) error {
	client, err := newClient(l.Kubeconfig())
	if err != nil {
		return err
	}
	w := wait{what: "the sandbox to answer", bound: doubt, layout: l, on: "kube-apiserver"}
	return w.until(ctx, func(ctx context.Context) error {
		if err := ready(ctx, client); err != nil {
			return err
		}
		return nodesReady(ctx, client)
	})
}

// accepts reports whether a process listens on a socket.
func accepts(ctx context.Context, socket string) error {
	c, err := (&net.Dialer{Timeout: askBound}).DialContext(ctx, "unix", socket)
	if err != nil {
		return err
	}
	return c.Close()
}
