package proxy

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/server/v3/embed"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
)

// advertisers starts real members that advertise the names of pods, and returns them as discovered.
func advertisers(t *testing.T, n int, scheme string, change func(*embed.Config)) (*etcdtest.Cluster, []cluster.Member) {
	t.Helper()
	var places []cluster.Member
	c := etcdtest.Start(t, n, func(cfg *embed.Config) {
		if change != nil {
			change(cfg)
		}
		host := cfg.Name + ".etcd.ns.svc"
		cfg.AdvertiseClientUrls = []url.URL{{Scheme: scheme, Host: host + ":2379"}}
		m := place(cfg.Name, true)
		m.Server.Scheme, m.Server.Host, m.Server.ClientURLs = scheme, host, []string{cfg.AdvertiseClientUrls[0].String()}
		if scheme == "http" {
			m.Server.TLS = cluster.TLS{}
		}
		places = append(places, m)
	})
	return c, places
}

// waysTo returns dials to the real members, by their names.
func waysTo(c *etcdtest.Cluster) Ways {
	return Ways{Clients: func(ctx context.Context, m cluster.Member) (net.Conn, error) {
		for _, member := range c.Members {
			if member.Name == m.Name {
				_, address, _ := strings.Cut(member.Endpoint, "://")
				return (&net.Dialer{}).DialContext(ctx, "tcp", address)
			}
		}
		return nil, net.ErrClosed
	}}
}

// TestMembersAreReachedByWhatTheyAdvertise runs a client in a separate process, as etcdctl is: Go reads the proxy
// variables only once.
func TestMembersAreReachedByWhatTheyAdvertise(t *testing.T) {
	t.Setenv("NO_PROXY", ".svc") // a user who reaches the cluster's names in another way
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			a := newAuthority(t, "127.0.0.1", "*.etcd.ns.svc")
			var change func(*embed.Config)
			if scheme == "https" {
				change = etcdtest.TLS(t, a.server, a.ca.Cert)
			}
			c, places := advertisers(t, 2, scheme, change)
			s, said := session(t, "", a, credentials.Flags{}, places...)
			s.Ways = waysTo(c)
			o := opened(t, s)
			run, out := command(os.Args[0])
			t.Setenv(childVariable, "status")
			if err := o.Run(t.Context(), run, true); err != nil {
				t.Errorf("with the proxy: %v\n%s", err, out)
			}
			want := scheme + "://etcd-0.etcd.ns.svc:2379\n" + scheme + "://etcd-1.etcd.ns.svc:2379\n"
			if diff := cmp.Diff(want, out.String()); diff != "" {
				t.Errorf("reached (-want +got)\n%s", diff)
			}
			if lines := said.all(); len(lines) > 0 {
				t.Errorf("told %q", lines)
			}
		})
	}
}

// TestProxyVariablesOnlyIfAdvertised checks the environment of a command: the proxy variables affect all its connections.
func TestProxyVariablesOnlyIfAdvertised(t *testing.T) {
	t.Setenv("HTTPS_PROXY", "http://company:3128")
	t.Setenv("NO_PROXY", "example.com")
	c, places := advertisers(t, 1, "http", nil)
	s, _ := session(t, "", newAuthority(t, "127.0.0.1"), credentials.Flags{}, places...)
	s.Ways = waysTo(c)
	for _, advertised := range []bool{false, true} {
		o := opened(t, s)
		run, out := command("sh", "-c", "echo $HTTPS_PROXY, $NO_PROXY, $KUBECTL_ETCD_CONNECT_PROXY")
		if err := o.Run(t.Context(), run, advertised); err != nil {
			t.Fatal(err)
		}
		url := o.Connect.URL()
		want := map[bool]string{false: "http://company:3128, example.com, " + url + "\n", true: url + ", , " + url + "\n"}[advertised]
		if diff := cmp.Diff(want, out.String()); diff != "" {
			t.Errorf("advertised %t (-want +got)\n%s", advertised, diff)
		}
	}
}

// TestHTTPHasItsOwnPort has a member that serves HTTP on a separate port, and one that serves both on one port.
func TestHTTPHasItsOwnPort(t *testing.T) {
	apart, err := url.Parse("http://" + freeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	for name, own := range map[string]bool{"apart": true, "beside": false} {
		t.Run(name, func(t *testing.T) {
			c, places := advertisers(t, 1, "http", func(cfg *embed.Config) {
				if own {
					cfg.ListenClientHttpUrls = []url.URL{*apart}
				}
			})
			if own {
				places[0].Server.HTTP = cluster.Listener{Scheme: "http", Port: 2382}
			}
			s, _ := session(t, "", newAuthority(t, "127.0.0.1"), credentials.Flags{}, places...)
			s.Ways = waysTo(c)
			s.Ways.HTTP = func(ctx context.Context, _ cluster.Member) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", apart.Host)
			}
			o := opened(t, s)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go o.Serve(ctx)
			if len(o.Environment.HTTP) != 1 || (o.Environment.HTTP[0] != o.Environment.Endpoints[0]) != own {
				t.Fatalf("HTTP at %q, gRPC at %q", o.Environment.HTTP, o.Environment.Endpoints)
			}
			response, err := http.Get(o.Environment.HTTP[0] + "/health")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), `"health":"true"`) {
				t.Errorf("%q, %v", body, err)
			}
		})
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
