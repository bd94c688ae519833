package connect

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

func TestHTTPClientGoesToTheMember(t *testing.T) {
	t.Parallel()
	metrics := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Host+r.URL.Path)
	}))
	t.Cleanup(metrics.Close)
	s := (&kubetest.APIServer{Backend: strings.TrimPrefix(metrics.URL, "http://")}).Serve(t)
	conn := open(t, s)
	conn.targets["etcd-0"].member.Server.Metrics = cluster.Listener{Scheme: "http", Port: 2381}

	for _, scheme := range []string{"http", "https"} { // the member's settings decide, not the URL
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://anything/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := conn.HTTPClient(conn.cluster.Members[0]).Do(req)
		if err != nil {
			t.Fatalf("%s: %v", scheme, err)
		}
		body, _ := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if string(body) != "anything/metrics" {
			t.Errorf("%s: %q", scheme, body)
		}
	}
	if port := s.LastPort.Load(); port == nil || *port != "2381" {
		t.Errorf("port %v was forwarded", port)
	}
}
