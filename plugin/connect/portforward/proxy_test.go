package portforward

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestProxy connects through the proxy-url of a kubeconfig.
func TestProxy(t *testing.T) {
	for _, scheme := range []string{"http", "https"} {
		t.Run(scheme, func(t *testing.T) {
			kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
				s.Backend = kubetest.Listen(t, kubetest.Echo)
				config, _ := behindTLS(t, s, func(*http.Request) bool { return true })
				proxy := newProxy(t, scheme)
				config.CAData = append(config.CAData, proxy.ca...) // as kubectl: a proxy's certificate is verified with the cluster's CA
				config.Proxy = http.ProxyURL(proxy.URL)
				if err := dialWith(t, config); err != nil {
					t.Fatal(err)
				}
				if proxy.connects.Load() == 0 || proxy.refused.Load() > 0 {
					t.Errorf("%d connections went through the proxy, %d were refused", proxy.connects.Load(), proxy.refused.Load())
				}
			})
		})
	}
}

// connectProxy is a proxy that requires a password and forwards CONNECT requests.
type connectProxy struct {
	URL               *url.URL
	ca                []byte
	connects, refused atomic.Int32
}

func newProxy(t *testing.T, scheme string) *connectProxy {
	t.Helper()
	p := &connectProxy{}
	server := httptest.NewUnstartedServer(p)
	if scheme == "https" {
		server.StartTLS()
		p.ca = pemOf(server.Certificate())
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	p.URL, _ = url.Parse(server.URL)
	p.URL.User = url.UserPassword("me", "secret")
	return p
}

func (p *connectProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect || r.Header.Get("Proxy-Authorization") != "Basic bWU6c2VjcmV0" {
		p.refused.Add(1)
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	p.connects.Add(1)
	far, err := net.Dial("tcp", r.Host)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	defer far.Close()
	near, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer near.Close()
	fmt.Fprint(near, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
	_, _ = io.Copy(near, far)
}
