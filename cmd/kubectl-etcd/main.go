// Command kubectl-etcd is the kubectl plugin "kubectl etcd".
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubectl's auth plugins

	"github.com/kubectl-etcd/kubectl-etcd/plugin"
)

// Most commands end before garbage collection is worthwhile: with Go's default settings it took a fifth of the CPU time of
// "status". The memory limit keeps commands small that run longer or read more.
const (
	garbagePercent = 400
	memoryLimit    = 64 << 20 // bytes
)

func main() {
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // after the first signal, so that a second one ends the process at once
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	status := plugin.Run(ctx, streams, os.Args[1:])
	stop()
	os.Exit(status)
}
