package sandbox

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controlplane"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/host"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/network"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/node"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// bringUp is one start of the sandbox.
type bringUp struct {
	layout   plan.Layout
	progress io.Writer
	begun    time.Time

	mu     sync.Mutex // guards record
	record *owner.Record
}

func newBringUp(o Options) *bringUp {
	return &bringUp{
		layout: o.Layout, progress: o.Progress, begun: time.Now(),
		record: &owner.Record{Dir: o.Layout.Dir, Sysctls: host.SaveSysctls()},
	}
}

func (b *bringUp) run(ctx context.Context) error {
	if err := b.ground(ctx); err != nil {
		return err
	}
	client, err := newClient(controlplane.Kubeconfig(b.layout, "admin"))
	if err != nil {
		return err
	}
	api := make(chan struct{}) // closed when the API server answers
	group, groupCtx := errgroup.WithContext(ctx)
	group.Go(func() error { return b.controlPlane(groupCtx, client, api) })
	for _, n := range plan.Nodes() {
		group.Go(func() error { return b.node(groupCtx, n, api) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	if err := b.settle(ctx, client); err != nil {
		return err
	}
	b.record.Complete = true
	if err := b.record.Write(plan.RunDir); err != nil {
		return err
	}
	return controlplane.PublishKubeconfig(b.layout)
}

// ground prepares keys, configuration, network and cgroups.
func (b *bringUp) ground(ctx context.Context) error {
	if err := b.mountPoints(); err != nil {
		return err
	}
	if err := prepare(b.layout); err != nil {
		return err
	}
	if err := controlplane.WriteKeys(b.layout); err != nil {
		return err
	}
	if err := controlplane.WriteCorefile(b.layout); err != nil {
		return err
	}
	runc, err := exec.LookPath("runc")
	if err != nil {
		return err
	}
	for _, n := range plan.Nodes() {
		if err := node.WriteConfigs(b.layout, n, runc); err != nil {
			return err
		}
	}
	for _, group := range plan.Groups() {
		if err := host.MakeCgroup(group); err != nil {
			return err
		}
	}
	b.say("setting up the network")
	return network.Up(ctx)
}

// mountPoints creates the directories that the nodes mount their own over. They are recorded first, so that down can remove
// them.
func (b *bringUp) mountPoints() error {
	points := append([]string{"/run/netns"}, node.MountPoints()...)
	for _, dir := range points {
		if _, err := os.Stat(dir); err != nil {
			b.record.Directories = append(b.record.Directories, dir)
		}
	}
	if err := b.record.Write(plan.RunDir); err != nil {
		return err
	}
	for _, dir := range node.MountPoints() {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("make a mount point for the nodes: %w", err)
		}
	}
	return nil
}

func (b *bringUp) controlPlane(ctx context.Context, client kubernetes.Interface, api chan struct{}) error {
	b.say("starting the control plane")
	etcd, err := b.startOnHost(controlplane.Etcd(b.layout))
	if err != nil {
		return err
	}
	server, err := b.startOnHost(controlplane.APIServer(b.layout))
	if err != nil {
		return err
	}
	w := wait{what: "the API server", bound: 2 * time.Minute, layout: b.layout, on: server.Name, needs: []process.Process{etcd, server}}
	if err := w.until(ctx, func(ctx context.Context) error { return ready(ctx, client) }); err != nil {
		return err
	}
	close(api)
	b.say("the API server answers")
	for _, command := range controlplane.Agents(b.layout) {
		if _, err := b.startOnHost(command); err != nil {
			return err
		}
	}
	w = wait{what: "the API server to take the first objects", bound: time.Minute, layout: b.layout, on: server.Name, needs: []process.Process{etcd, server}}
	return w.until(ctx, func(ctx context.Context) error { return addons(ctx, client) })
}

func (b *bringUp) node(ctx context.Context, n plan.Node, api chan struct{}) error {
	containerd, err := b.start(node.Containerd(b.layout, n))
	if err != nil {
		return err
	}
	w := wait{what: "containerd to listen", bound: time.Minute, layout: b.layout, on: containerd.Name, needs: []process.Process{containerd}}
	if err := w.until(ctx, func(ctx context.Context) error { return accepts(ctx, n.ContainerdSocket()) }); err != nil {
		return err
	}
	select {
	case <-api:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	for _, command := range node.Agents(b.layout, n, containerd) {
		if _, err := b.start(command); err != nil {
			return err
		}
	}
	return node.ImportImages(ctx, b.layout, n)
}

// start starts a process and records it before anything waits for it.
func (b *bringUp) start(c process.Command) (process.Process, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, err := process.Start(c)
	if err != nil {
		return p, err
	}
	b.record.Processes = append(b.record.Processes, p)
	return p, b.record.Write(plan.RunDir)
}

// startOnHost starts a process that belongs to no node.
func (b *bringUp) startOnHost(c process.Command) (process.Process, error) {
	p, err := b.start(c)
	if err != nil {
		return p, err
	}
	return p, host.JoinCgroup(plan.HostGroup, p.PID)
}

func (b *bringUp) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "%3.0fs  %s\n", time.Since(b.begun).Seconds(), fmt.Sprintf(format, args...))
}
