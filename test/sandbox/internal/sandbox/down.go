package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/host"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/network"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// Down removes the sandbox with all of its files and processes, but keeps the built programs, the images and the logs in its
// directory.
func Down(ctx context.Context, o Options) error {
	if err := host.RequireRoot(); err != nil {
		return err
	}
	unlock, err := lock(ctx, o)
	if err != nil {
		return err
	}
	defer unlock()
	record, err := owner.Read(plan.RunDir)
	if err != nil {
		return err
	}
	switch owner.Judge(record, o.Layout.Dir) {
	case owner.Foreign:
		fmt.Fprintf(o.Progress, "no sandbox of this checkout is up (the one on this machine belongs to %s)\n", record.Dir)
		return removeFiles(o.Layout)
	case owner.Free:
		fmt.Fprintln(o.Progress, "no sandbox is up")
	}
	if err := remove(ctx, record, o.Layout); err != nil {
		return err
	}
	if record != nil {
		fmt.Fprintln(o.Progress, "the sandbox is down")
	}
	return nil
}

// remove removes everything that is recorded or has the prefix. Missing things are no error, and it can be repeated after a
// failure.
func remove(ctx context.Context, record *owner.Record, l plan.Layout) error {
	if record == nil {
		record = &owner.Record{}
	}
	if err := killAll(ctx, record); err != nil {
		return err
	}
	if err := network.Down(ctx); err != nil {
		return err
	}
	for _, group := range plan.Groups() {
		if err := removeCgroup(ctx, group); err != nil {
			return err
		}
	}
	layouts := []plan.Layout{l}
	if record.Dir != "" && record.Dir != l.Dir {
		layouts = append(layouts, plan.Layout{Dir: record.Dir})
	}
	for _, l := range layouts {
		if err := host.UnmountBelow(ctx, l.State()); err != nil {
			return err
		}
		if err := removeFiles(l); err != nil {
			return err
		}
	}
	host.RestoreSysctls(record.Sysctls)
	if err := removeDirectories(ctx, record.Directories); err != nil {
		return err
	}
	if err := host.UnmountBelow(ctx, plan.RunDir); err != nil {
		return err
	}
	return os.RemoveAll(plan.RunDir) // the record last: a repeated remove needs it
}

// killAll kills the recorded processes and those in the sandbox's networks and cgroups. It repeats that, because a dying
// containerd may still start one.
func killAll(ctx context.Context, record *owner.Record) error {
	for range 20 {
		var alive []process.Process
		for _, p := range append(record.Processes, strays()...) {
			if p.Alive() {
				alive = append(alive, p)
			}
		}
		if len(alive) == 0 {
			return nil
		}
		if err := process.Kill(ctx, alive); err != nil {
			return err
		}
	}
	return errors.New("new processes keep appearing in the sandbox's network namespaces (something outside starts them there)")
}

func strays() []process.Process {
	var found []process.Process
	for _, n := range plan.Nodes() {
		found = append(found, process.InNetwork(n.NetworkNamespace())...)
	}
	for _, group := range plan.Groups() {
		for _, pid := range host.CgroupPids(group) {
			if p, ok := process.Of(pid); ok {
				found = append(found, p)
			}
		}
	}
	return found
}

// removeCgroup retries for a moment: the kernel removes a process from its cgroup a little after its end.
func removeCgroup(ctx context.Context, name string) error {
	w := wait{what: "cgroup " + name + " to empty", bound: 10 * time.Second}
	return w.until(ctx, func(context.Context) error { return host.RemoveCgroup(name) })
}

func removeFiles(l plan.Layout) error {
	for _, path := range []string{l.State(), l.Kubeconfig()} {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("remove the sandbox's files: %w", err)
		}
	}
	return nil
}

// removeDirectories removes the mount points that up created, if they are still empty.
func removeDirectories(ctx context.Context, dirs []string) error {
	for _, dir := range dirs {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			continue
		}
		// `ip netns add` mounts /run/netns upon itself.
		if err := host.UnmountBelow(ctx, dir); err != nil {
			return err
		}
		if err := os.Remove(dir); err != nil {
			return fmt.Errorf("remove a mount point: %w", err)
		}
	}
	return nil
}
