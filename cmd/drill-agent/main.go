//go:build linux

// Command drill-agent kills or pauses a pod's etcd from an ephemeral container in the pod.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/kubectl-etcd/kubectl-etcd/cmd/drill-agent/agent"
)

func main() {
	// On SIGTERM or an interrupt, a paused etcd is continued before the agent exits. A second signal has no effect.
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
