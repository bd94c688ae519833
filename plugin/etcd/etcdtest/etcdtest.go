// Package etcdtest runs real etcd members in the test's own process, on loopback. Only tests import it.
package etcdtest

import (
	"fmt"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"
	"google.golang.org/grpc"
)

// startLimit bounds the start of a member. Tests run on small machines, with the race detector.
const startLimit = 60 * time.Second

// streamGrace is how long a member that stops waits for the end of streams, before it closes their connections. etcd waits
// for six seconds.
const streamGrace = 300 * time.Millisecond

// Cluster is a cluster of etcd members.
type Cluster struct {
	Members []*Member
}

// Member is one member, which runs or is stopped.
type Member struct {
	Name     string
	Endpoint string
	Peer     string
	config   *embed.Config
	server   *embed.Etcd
	grpc     atomic.Pointer[grpc.Server] // nil until the server accepts clients
}

// Start runs a cluster of n members until the end of the test. change, unless it is nil, modifies each member's
// configuration before it starts.
func Start(t *testing.T, n int, change func(*embed.Config)) *Cluster {
	t.Helper()
	c := &Cluster{}
	addresses := free(t, 2*n)
	var initial string
	for i := range n {
		m := &Member{Name: fmt.Sprintf("etcd-%d", i), Endpoint: "http://" + addresses[2*i], Peer: "http://" + addresses[2*i+1]}
		c.Members = append(c.Members, m)
		initial += "," + m.Name + "=" + m.Peer
	}
	for _, m := range c.Members {
		m.config = config(t, m, initial[1:])
		if change != nil {
			change(m.config)
		}
		m.begin(t)
	}
	for _, m := range c.Members {
		m.wait(t)
	}
	return c
}

func config(t *testing.T, m *Member, initial string) *embed.Config {
	cfg := embed.NewConfig()
	cfg.Name, cfg.Dir = m.Name, t.TempDir()
	cfg.InitialCluster = initial
	cfg.LogLevel, cfg.LogOutputs = "panic", []string{"/dev/null"}
	cfg.TickMs, cfg.ElectionMs = 50, 500
	cfg.UnsafeNoFsync = true
	cfg.BcryptCost = 4 // the least: a login of the default cost takes a second of processor time with the race detector
	cfg.ListenClientUrls, cfg.AdvertiseClientUrls = URLs(t, m.Endpoint), URLs(t, m.Endpoint)
	cfg.ListenPeerUrls, cfg.AdvertisePeerUrls = URLs(t, m.Peer), URLs(t, m.Peer)
	cfg.ServiceRegister = func(s *grpc.Server) { m.grpc.Store(s) }
	return cfg
}

// Restart starts a stopped member with its data.
func (m *Member) Restart(t *testing.T) {
	t.Helper()
	m.begin(t)
	m.wait(t)
}

// Stop stops a member as SIGTERM does, except that streams, such as a watch, have only streamGrace to end. It does nothing
// if the member is stopped.
func (m *Member) Stop() {
	if m.server == nil {
		return
	}
	if s := m.grpc.Swap(nil); s != nil {
		defer time.AfterFunc(streamGrace, s.Stop).Stop()
	}
	m.server.Close()
	m.server = nil
}

func (m *Member) begin(t *testing.T) {
	t.Helper()
	server, err := embed.StartEtcd(m.config)
	if err != nil {
		t.Fatalf("start member %s: %v", m.Name, err)
	}
	m.server = server
	t.Cleanup(m.Stop)
}

func (m *Member) wait(t *testing.T) {
	t.Helper()
	select {
	case <-m.server.Server.ReadyNotify():
	case <-time.After(startLimit):
		t.Fatalf("member %s is not ready after %s", m.Name, startLimit)
	}
}

// Client returns a client of the given endpoints until the end of the test.
func Client(t *testing.T, endpoints ...string) *clientv3.Client {
	t.Helper()
	return ClientWith(t, clientv3.Config{Endpoints: endpoints})
}

// ClientWith returns a client with the given configuration until the end of the test.
func ClientWith(t *testing.T, cfg clientv3.Config) *clientv3.Client {
	t.Helper()
	cfg.Logger = zap.NewNop()
	client, err := clientv3.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// free returns loopback addresses on which nothing listens. It listens on all of them at once, so that they differ.
func free(t *testing.T, n int) []string {
	t.Helper()
	var out []string
	for range n {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = l.Close() }()
		out = append(out, l.Addr().String())
	}
	return out
}

// URLs returns a URL in the form that embed.Config requires.
func URLs(t *testing.T, text string) []url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return []url.URL{*u}
}
