//go:build e2e

package test

import (
	"context"
	"net"
	"testing"
	"time"
)

const idleNamespace = "e2e-idle"

// TestIdle leaves a cluster idle for two minutes and then uses the same connections. While it waits it takes no slot of the
// parallel tests: t.Parallel pauses it until the serial tests are done.
func TestIdle(t *testing.T) {
	s := open(t)
	kubeconfig := s.up(t, idleNamespace, "--replicas=1", "--tls=off")
	way := reach(t, kubeconfig, idleNamespace)
	conns := map[string]net.Conn{
		"websocket": way.dial(t, way.cluster.Members[0]),
		"SPDY/3.1":  s.dialProxy(t, kubeconfig, webSockets+"=false"),
	}
	client, err := way.conn.All()
	if err != nil {
		t.Fatal(err)
	}
	watch := client.Watch(t.Context(), "idle")
	end := time.Now().Add(2 * time.Minute)
	t.Parallel()
	time.Sleep(time.Until(end))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for upgrade, conn := range conns {
		if err := askVersion(ctx, conn); err != nil {
			t.Errorf("%s: %v", upgrade, err)
		}
	}
	if _, err := client.Put(ctx, "idle", "no more"); err != nil {
		t.Error(err)
	}
	select {
	case got := <-watch:
		if got.Err() != nil || len(got.Events) != 1 {
			t.Errorf("the watch tells %+v", got)
		}
	case <-ctx.Done():
		t.Error("the watch tells nothing")
	}
}

// dialProxy connects to the first member through "kubectl etcd proxy", which runs with that environment variable.
func (s sandbox) dialProxy(t *testing.T, kubeconfig, variable string) net.Conn {
	t.Helper()
	cmd := s.plugin(t, kubeconfig, "proxy", "-o", "jsonpath={.members[0].address}")
	cmd.Env = append(cmd.Env, variable)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", started(t, cmd))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if err := askVersion(ctx, conn); err != nil {
		t.Fatal(err)
	}
	return conn
}
