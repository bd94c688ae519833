//go:build bench

package test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	loadClients = 64
	loadKeys    = 1000
	loadValue   = 256 // bytes
	loadRounds  = 9
	loadTime    = 1500 * time.Millisecond // one round
	loadWait    = 30 * time.Second        // for the last call of a round
)

// way is a way to reach a cluster, and its results in each round.
type way struct {
	name    string
	clients []*clientv3.Client // each caller keeps one of them: the more calls share a tunnel, the fewer frames they take
	rates   []float64          // calls a second
	busy    []float64          // the share of the machine's processors in use
}

// call is one request of the load.
type call func(ctx context.Context, client *clientv3.Client, key string) error

// TestBenchTransport loads one tunnel and three, of the plugin and of kubectl port-forward, in turns. kubectl is a separate
// process and may run on another core than the load, as it does for its users.
func TestBenchTransport(t *testing.T) {
	s := open(t)
	kubeconfig := s.up(t, benchNamespace)
	there := reach(t, kubeconfig, benchNamespace)
	own, shown := ownClients(t, there), root(t, there)
	var forwarded []*clientv3.Client
	for i := range own {
		forwarded = append(forwarded, s.forwardedClient(t, kubeconfig, fmt.Sprintf("etcd-%d", i), shown))
	}
	ways := contest{
		one: &way{name: "one tunnel", clients: own[:1]}, oneOld: &way{name: "kubectl port-forward", clients: forwarded[:1]},
		three: &way{name: "three tunnels", clients: own}, threeOld: &way{name: "three times kubectl port-forward", clients: forwarded},
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
			all := ways.all()
			for _, w := range all {
				w.rates, w.busy = nil, nil
			}
			for round := range 1 + loadRounds {
				for i := range all {
					w := all[(round+i)%len(all)] // the order rotates
					before := processors(t)
					rate := load(t, w.clients, l.call)
					if round > 0 {
						w.rates, w.busy = append(w.rates, rate), append(w.busy, before.busyUntil(processors(t)))
					}
				}
			}
			ways.judge(t)
		})
	}
}

// spare is the share of the processors that must be idle under kubectl's one tunnel for more members to serve more. Here all
// members share the processors, and followers forward each read and write to the leader.
const spare = 0.2

// contest holds the compared ways: the plugin's and kubectl's, to one member and to three.
type contest struct{ one, oneOld, three, threeOld *way }

func (c contest) all() []*way { return []*way{c.one, c.oneOld, c.three, c.threeOld} }

// judge compares the medians. Three tunnels must carry more than one of kubectl's. If that one leaves no processor time to
// spare, they cannot, and are only compared with three of kubectl's.
func (c contest) judge(t *testing.T) {
	t.Helper()
	for _, w := range c.all() {
		t.Logf("%-32s median %6.0f/s, processors %2.0f %% in use:%6.0f", w.name, middle(w.rates), 100*middle(w.busy), w.rates)
	}
	c.one.against(t, c.oneOld, 0.8)
	c.three.against(t, c.threeOld, 0.8)
	if busy := middle(c.oneOld.busy); busy > 1-spare {
		t.Logf("%s against %s: %.2f, of which nothing is demanded here: that takes %.0f %% of the processors, and nothing is left for more members to serve more with",
			c.three.name, c.oneOld.name, middle(c.three.rates)/middle(c.oneOld.rates), 100*busy)
		return
	}
	c.three.against(t, c.oneOld, 1.2)
}

// against fails if w carries less than that share of old.
func (w *way) against(t *testing.T, old *way, least float64) {
	t.Helper()
	ratio := middle(w.rates) / middle(old.rates)
	t.Logf("%s against %s: %.2f (at least %.2f)", w.name, old.name, ratio, least)
	if ratio < least {
		t.Errorf("%s: ratio %.2f is under %.2f", w.name, ratio, least)
	}
}

// ticks are how long the machine's processors were busy since its start, and the total time.
type ticks struct{ busy, all float64 }

// processors reads the first line of /proc/stat (proc_stat(5)): user, nice, system, idle, iowait, irq, softirq, steal.
func processors(t *testing.T) ticks {
	t.Helper()
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var now ticks
	for i, field := range strings.Fields(line)[1:9] {
		n, err := strconv.ParseFloat(field, 64)
		if err != nil {
			t.Fatal(err)
		}
		now.all += n
		if i != 3 && i != 4 {
			now.busy += n
		}
	}
	return now
}

func (t ticks) busyUntil(later ticks) float64 { return (later.busy - t.busy) / (later.all - t.all) }

// load runs many clients that call one after another, and returns the answered calls a second.
func load(t *testing.T, through []*clientv3.Client, call call) float64 {
	t.Helper()
	var done atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), loadWait)
	defer cancel()
	var clients sync.WaitGroup
	begin := time.Now()
	for i := range loadClients {
		clients.Go(func() {
			for n := i; time.Since(begin) < loadTime; n += loadClients {
				if err := call(ctx, through[i%len(through)], fmt.Sprintf("load-%d", n%loadKeys)); err != nil {
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

// ownClients returns a client for each member, over the plugin's transport.
func ownClients(t *testing.T, there reached) []*clientv3.Client {
	t.Helper()
	clients := make([]*clientv3.Client, len(there.cluster.Members))
	for i, m := range there.cluster.Members {
		var err error
		if clients[i], err = there.conn.Member(m); err != nil {
			t.Fatal(err)
		}
	}
	return clients
}

// root returns the TLS configuration by which the plugin connects as root.
func root(t *testing.T, there reached) *tls.Config {
	t.Helper()
	secret, err := there.kube.CoreV1().Secrets(benchNamespace).Get(t.Context(), "etcd-client-tls", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		t.Fatal(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(secret.Data["ca.crt"])
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: trusted, ServerName: "localhost", MinVersion: tls.VersionTLS12}
}

// forwardedClient returns a client for a member through a kubectl port-forward.
func (s sandbox) forwardedClient(t *testing.T, kubeconfig, pod string, shown *tls.Config) *clientv3.Client {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.program("kubectl"), "port-forward", "pod/"+pod, ":2379", "--address=127.0.0.1")
	cmd.Env = environment(kubeconfig)
	line := started(t, cmd) // Forwarding from 127.0.0.1:40001 -> 2379
	client, err := clientv3.New(clientv3.Config{
		Endpoints:            []string{"https://" + strings.Fields(line)[2]},
		TLS:                  shown,
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

func middle(figures []float64) float64 {
	sorted := slices.Sorted(slices.Values(figures))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
