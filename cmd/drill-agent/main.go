//go:build linux

// Command drill-agent kills or pauses the etcd of a pod, from an ephemeral container in it.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubectl-etcd/kubectl-etcd/cmd/drill-agent/agent"
)

func main() {
	// Who is told to go continues etcd first. A second signal changes nothing.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	a := agent.Agent{
		Proc:    os.DirFS("/proc"),
		Message: "/dev/termination-log", // terminationMessagePath's default
		Out:     os.Stdout, Err: os.Stderr,
	}
	status := a.Run(ctx, os.Args[1:])
	stop()
	os.Exit(status)
}
