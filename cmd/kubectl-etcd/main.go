// Command kubectl-etcd is the kubectl plugin "kubectl etcd".
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // the auth plugins that kubectl has

	"github.com/kubectl-etcd/kubectl-etcd/plugin"
)

// Most commands end before they have made as much garbage as is worth collecting: with Go's own settings that took a
// fifth of the CPU time of "status". The limit keeps small what lives longer or reads more.
const (
	garbagePercent = 400
	memoryLimit    = 64 << 20 // bytes
)

func main() {
	debug.SetGCPercent(garbagePercent)
	debug.SetMemoryLimit(memoryLimit)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	context.AfterFunc(ctx, stop) // from the first signal on: a second one ends the process at once
	streams := genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr}
	status := plugin.Run(ctx, streams, os.Args[1:])
	stop()
	os.Exit(status)
}
