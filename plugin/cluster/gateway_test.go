package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/kubernetes/fake"
)

func serverOf(t *testing.T, args ...string) Server {
	t.Helper()
	c, err := Find(t.Context(), fake.NewClientset(etcdPod("etcd-0", args...)), Target{Namespace: "ns"})
	if err != nil {
		t.Fatal(err)
	}
	return c.Members[0].Server
}

func TestGateway(t *testing.T) {
	for urls, want := range map[string]Listener{
		"":                     {},
		"https://0.0.0.0:2382": {"https", 2382},
		"http://10.1.2.3:2382,http://localhost:99":  {"http", 99},
		"http://10.1.2.3:2382":                      {}, // a port-forward does not reach it
		"unix:///run/etcd.sock,https://[::]:2382":   {"https", 2382},
		"https://0.0.0.0:2382,https://0.0.0.0:2383": {"https", 2382},
	} {
		if got := serverOf(t, "--listen-client-http-urls="+urls).HTTP; got != want {
			t.Errorf("%q: %v, want %v", urls, got, want)
		}
	}
}

func TestClientURLs(t *testing.T) {
	for urls, want := range map[string][]string{
		"http://localhost:2379,http://127.0.0.1:2379,http://0.0.0.0:2379,unix://x": nil,
		"https://etcd-0.etcd.ns.svc:2379, https://10.0.0.1:2379":                   {"https://etcd-0.etcd.ns.svc:2379", "https://10.0.0.1:2379"},
	} {
		if diff := cmp.Diff(want, serverOf(t, "--advertise-client-urls="+urls).ClientURLs); diff != "" {
			t.Errorf("%q (-want +got)\n%s", urls, diff)
		}
	}
}
