//go:build bench

package test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

const (
	loadClients = 64
	loadKeys    = 1000
	loadValue   = 256 // bytes
	loadRounds  = 9
	loadTime    = 1500 * time.Millisecond // of one round
)

// way is a way to reach a cluster, and the rate that went through it in each round.
type way struct {
	name   string
	client *clientv3.Client
	rates  []float64
}

// call is one request of the load.
type call func(ctx context.Context, client *clientv3.Client, key string) error

// benchTransport loads one tunnel of ours, three of ours, and one of kubectl port-forward, in turns. kubectl is a
// process of its own, and may run on another core than the load: so it does for whoever uses it.
func (s sandbox) benchTransport(t *testing.T, env []string) {
	one, three := s.ownClients(t, env)
	ways := []*way{
		{name: "one tunnel", client: one},
		{name: "kubectl port-forward", client: s.forwardedClient(t, env)},
		{name: "three tunnels", client: three},
	}
	value := strings.Repeat("v", loadValue)
	for _, l := range []struct {
		name string
		call call
	}{
		{"put", func(ctx context.Context, c *clientv3.Client, key string) error {
			_, err := c.Put(ctx, key, value)
			return err
		}},
		{"get", func(ctx context.Context, c *clientv3.Client, key string) error { _, err := c.Get(ctx, key); return err }},
	} {
		t.Run(l.name, func(t *testing.T) {
			for _, w := range ways {
				w.rates = nil
			}
			for round := range 1 + loadRounds {
				for i := range ways {
					w := ways[(round+i)%len(ways)] // none is always the one after the same other
					if rate := load(t, w.client, l.call); round > 0 {
						w.rates = append(w.rates, rate)
					}
				}
			}
			judge(t, ways)
		})
	}
}

func judge(t *testing.T, ways []*way) {
	t.Helper()
	for _, w := range ways {
		t.Logf("%-20s median %6.0f/s:%6.0f", w.name, middle(w.rates), w.rates)
	}
	old := middle(ways[1].rates)
	for i, least := range map[int]float64{0: 0.8, 2: 1.2} {
		ratio := middle(ways[i].rates) / old
		t.Logf("%s against %s: %.2f (at least %.2f)", ways[i].name, ways[1].name, ratio, least)
		if ratio < least {
			t.Errorf("%s: ratio %.2f is under %.2f", ways[i].name, ratio, least)
		}
	}
}

// load has many clients call one after another, and returns how many calls were answered in a second.
func load(t *testing.T, client *clientv3.Client, call call) float64 {
	t.Helper()
	var done atomic.Int64
	var clients sync.WaitGroup
	begin := time.Now()
	for i := range loadClients {
		clients.Go(func() {
			for n := i; time.Since(begin) < loadTime; n += loadClients {
				if err := call(t.Context(), client, fmt.Sprintf("load-%d", n%loadKeys)); err != nil {
					t.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	clients.Wait()
	return float64(done.Load()) / time.Since(begin).Seconds()
}

// ownClients returns a client for the first member alone, and one for all.
func (s sandbox) ownClients(t *testing.T, env []string) (one, three *clientv3.Client) {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfigOf(env))
	if err != nil {
		t.Fatal(err)
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	found, err := cluster.Find(t.Context(), kube, cluster.Query{Namespace: benchNamespace})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := connect.Open(t.Context(), config, kube, found, credentials.Given{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if one, err = conn.Member(found.Members[0]); err != nil {
		t.Fatal(err)
	}
	if three, err = conn.All(); err != nil {
		t.Fatal(err)
	}
	return one, three
}

// forwardedClient returns a client for the first member through a kubectl port-forward.
func (s sandbox) forwardedClient(t *testing.T, env []string) *clientv3.Client {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.program("kubectl"), "port-forward", "pod/etcd-0", ":2379", "--address=127.0.0.1")
	cmd.Env = env
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = cmd.Process.Kill(), cmd.Wait() })
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n') // Forwarding from 127.0.0.1:40001 -> 2379
	if err != nil {
		t.Fatalf("%s ended: %v\n%s", cmd, err, trouble.String())
	}
	go func() { _, _ = io.Copy(io.Discard, lines) }()
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            []string{strings.Fields(line)[2]},
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: 10 * time.Second,
		Logger:               zap.NewNop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func kubeconfigOf(env []string) string {
	_, file, _ := strings.Cut(env[len(env)-1], "=")
	return file
}

func middle(rates []float64) float64 {
	sorted := slices.Sorted(slices.Values(rates))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
