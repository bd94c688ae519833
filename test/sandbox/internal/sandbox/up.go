// Package sandbox starts and removes the whole Kubernetes.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/host"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/images"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/network"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/programs"
)

// Options are the owner of the sandbox, and how to treat another owner's.
type Options struct {
	Layout   plan.Layout
	Source   string // the folder test/sandbox, which has the recipes
	Takeover bool   // remove the sandbox of another checkout
	All      bool   // with the extras: cert-manager, kube-router, older versions of etcd
	Progress io.Writer
}

// lockPatience is longer than a first build takes.
const lockPatience = 15 * time.Minute

// cleanPatience bounds the cleaning after a failed or interrupted start.
const cleanPatience = time.Minute

// Up starts the sandbox, or finds it running, and adds the missing extras if Options.All is set. A sandbox with a dead
// process is replaced, not repaired: tests on a half-repaired cluster prove nothing.
func Up(ctx context.Context, o Options) error {
	if err := host.RequireRoot(); err != nil {
		return err
	}
	unlock, err := lock(ctx, o)
	if err != nil {
		return err
	}
	defer unlock()
	running, err := claim(ctx, o)
	if err != nil {
		return err
	}
	if running != nil && (!o.All || extended(o.Layout, running)) {
		fmt.Fprintf(o.Progress, "the sandbox is up already: export KUBECONFIG=%s\n", o.Layout.Kubeconfig())
		return nil
	}
	if err := provide(ctx, o); err != nil {
		return err
	}
	b := resume(o, running)
	if running == nil {
		b = newBringUp(o)
		if err := start(ctx, o, b); err != nil {
			return err
		}
	}
	if o.All {
		if err := b.extend(ctx); err != nil {
			return err
		}
	}
	b.say("up: export KUBECONFIG=%s", o.Layout.Kubeconfig())
	return nil
}

// start starts the core, or removes everything again.
func start(ctx context.Context, o Options, b *bringUp) error {
	if err := errors.Join(host.RequirePorts(ctx, plan.APIPort, plan.EtcdPort, plan.EtcdPeerPort), network.RequireFree()); err != nil {
		return err
	}
	err := b.run(ctx)
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted: what had been started is removed again")
	}
	return errors.Join(err, clean(ctx, o))
}

// lock waits for the machine's lock, and reports that it waits.
func lock(ctx context.Context, o Options) (unlock func(), err error) {
	if unlock, err := owner.Lock(ctx, plan.Prefix+"-sandbox", 0); err == nil {
		return unlock, nil
	}
	fmt.Fprintln(o.Progress, "waiting for another sandbox command to finish")
	return owner.Lock(ctx, plan.Prefix+"-sandbox", lockPatience)
}

// clean removes what a failed start made, also when the start was interrupted.
func clean(ctx context.Context, o Options) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanPatience)
	defer cancel()
	record, err := owner.Read(plan.RunDir)
	if err != nil {
		return err
	}
	return remove(ctx, record, o.Layout)
}

// claim takes the machine. It returns the record of this checkout's sandbox if that exists and works.
func claim(ctx context.Context, o Options) (running *owner.Record, err error) {
	record, err := owner.Read(plan.RunDir)
	if err != nil {
		return nil, err
	}
	switch owner.Judge(record, o.Layout.Dir) {
	case owner.Ours:
		err := complete(o.Layout, record)
		if err == nil {
			err = healthy(ctx, o.Layout)
		}
		if err == nil || ctx.Err() != nil {
			return record, err
		}
		fmt.Fprintf(o.Progress, "replacing the sandbox: %v\n", err)
	case owner.Foreign:
		if !o.Takeover {
			return nil, fmt.Errorf("this machine's sandbox belongs to %q (run `make sandbox-down` there, or pass --takeover to replace it)", record.Dir)
		}
		fmt.Fprintf(o.Progress, "taking over from %s\n", record.Dir)
	case owner.Remains:
		if dead := record.Dead(); record.Dir == o.Layout.Dir && record.Complete {
			fmt.Fprintf(o.Progress, "replacing the sandbox: %d of its %d processes have ended (%s)\n", len(dead), len(record.Processes), dead[0])
		}
	}
	return nil, remove(ctx, record, o.Layout)
}

// provide installs packages, and builds programs and images.
func provide(ctx context.Context, o Options) error {
	if err := host.InstallPackages(ctx, o.Progress); err != nil {
		return err
	}
	cache := programs.CacheDir(o.Layout.Dir)
	built, err := programs.Builder{Source: o.Source, Cache: cache, All: o.All, Progress: o.Progress}.Build(ctx)
	if err != nil {
		return err
	}
	if err := built.Install(o.Layout.Bin("")); err != nil {
		return err
	}
	if err := programs.InstallSelf(o.Layout.Bin("")); err != nil {
		return err
	}
	archives := map[string]imageList{o.Layout.Images(): coreImages(built)}
	if o.All {
		archives[o.Layout.ExtraImages()] = extraImages(built)
	}
	for to, l := range archives {
		archive, err := images.Archive(cache, l.key(built), l.images)
		if err != nil {
			return err
		}
		if err := programs.Place(archive, to); err != nil {
			return err
		}
	}
	return nil
}

// prepare creates the directories of a new sandbox.
func prepare(l plan.Layout) error {
	if err := os.RemoveAll(l.Logs()); err != nil {
		return fmt.Errorf("remove old logs: %w", err)
	}
	for _, dir := range []string{l.Logs(), l.Volumes()} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fmt.Errorf("prepare the sandbox's directory: %w", err)
		}
	}
	return nil
}
