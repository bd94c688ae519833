//go:build e2e

package test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// endsWithin is how soon a command must end after Ctrl-C.
const endsWithin = 200 * time.Millisecond

// interrupts presses Ctrl-C on commands that run until then, for which it is the normal end, and on one that waits for an
// answer, which must fail.
func (s sandbox) interrupts(t *testing.T, kubeconfig string, way reached) {
	client, err := way.conn.All()
	if err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"watch": {"watch", "interrupt"}, "status": {"status", "--watch"}, "proxy": {"proxy"},
	} {
		t.Run(name, func(t *testing.T) {
			for range 3 {
				cmd := s.plugin(t, kubeconfig, args...)
				stop := change(t, client, "interrupt")
				started(t, cmd)
				stop()
				interrupt(t, cmd, 0)
			}
		})
	}
	t.Run("upgrade without an answer", func(t *testing.T) {
		for range 3 {
			held, asked := holdUpgrades(t, kubeconfig)
			cmd := s.plugin(t, held, "get", "interrupt")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			<-asked
			interrupt(t, cmd, 1)
		}
	})
}

// plugin returns a command that runs the plugin itself, not through kubectl.
func (s sandbox) plugin(t *testing.T, kubeconfig string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.program("kubectl-etcd"), args...)
	cmd.Env = environment(kubeconfig)
	return cmd
}

// interrupt presses Ctrl-C.
func interrupt(t *testing.T, cmd *exec.Cmd, status int) {
	t.Helper()
	begin := time.Now()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // its status is checked below
	took := time.Since(begin)
	t.Logf("%s, %s", took, cmd.ProcessState)
	if got := cmd.ProcessState.ExitCode(); got != status || took > endsWithin {
		t.Errorf("it left after %s with status %d, want at most %s and %d", took, got, endsWithin, status)
	}
}

// change writes a key repeatedly until it is stopped, so that a watch has events.
func change(t *testing.T, client *clientv3.Client, key string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var writer sync.WaitGroup
	writer.Go(func() {
		for ; ctx.Err() == nil; time.Sleep(50 * time.Millisecond) {
			if _, err := client.Put(ctx, key, "v"); err != nil && ctx.Err() == nil {
				t.Error(err)
			}
		}
	})
	return func() { cancel(); writer.Wait() }
}

// apiServer returns the transport of a kubeconfig's API server, and its address.
func apiServer(t *testing.T, kubeconfig string) (*rest.Config, *url.URL) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	target, err := url.Parse(config.Host)
	if err != nil {
		t.Fatal(err)
	}
	return config, target
}

// holdUpgrades is a proxy before the API server that forwards every request but upgrades, which get no answer. The channel
// reports the first one.
func holdUpgrades(t *testing.T, kubeconfig string) (held string, asked <-chan struct{}) {
	t.Helper()
	config, target := apiServer(t, kubeconfig)
	proxy := httputil.NewSingleHostReverseProxy(target)
	transport, err := rest.TransportFor(config)
	if err != nil {
		t.Fatal(err)
	}
	proxy.Transport = transport
	first := make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") == "" {
			proxy.ServeHTTP(w, r)
			return
		}
		select {
		case first <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return kubeconfigFor(t, server.URL), first
}
