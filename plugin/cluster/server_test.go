package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

func TestServer(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want Server
	}{
		"what etcd does by itself": {
			nil,
			Server{Scheme: "http", Port: 2379, Host: "etcd-0", PodOnly: true, Metrics: Listener{"http", 2379}},
		},
		"listens and advertises on two ports": {
			[]string{"--listen-client-urls=http://0.0.0.0:4001", "--advertise-client-urls=http://etcd.example:2379"},
			Server{Scheme: "http", Port: 4001, Host: "etcd.example", Advertised: "http://etcd.example:2379", Metrics: Listener{"http", 4001}},
		},
		"kubeadm: two listeners, of which loopback is reached": {
			[]string{"--listen-client-urls=https://10.0.0.7:2379,https://127.0.0.1:2379", "--advertise-client-urls=https://10.0.0.7:2379", "--listen-metrics-urls=http://127.0.0.1:2381"},
			Server{Scheme: "https", Port: 2379, Host: "10.0.0.7", Advertised: "https://10.0.0.7:2379", Metrics: Listener{"http", 2381}},
		},
		"HTTP on a port of its own": {
			[]string{"--listen-client-urls=https://[::]:2379", "--listen-client-http-urls=https://[::]:2382"},
			Server{Scheme: "https", Port: 2379, Host: "etcd-0", Metrics: Listener{"https", 2382}},
		},
		"a part of it in a Secret": {
			[]string{"--listen-client-urls=https://$(ADDRESS):4001"},
			Server{Scheme: "https", Port: 4001, Host: "etcd-0", Metrics: Listener{"https", 4001}},
		},
		"out of a port-forward's reach": {
			[]string{"--listen-client-urls=http://10.1.2.3:2379"},
			Server{
				Scheme: "http", Port: 2379, Host: "etcd-0", Local: "http://10.1.2.3:2379",
				Unreachable: "etcd listens for clients on http://10.1.2.3:2379 only, but a port-forward only reaches the loopback of the pod " +
					`(run etcdctl in the pod, as in "kubectl etcd ctl --etcd etcd-0 -n ns -- endpoint status", or add http://127.0.0.1:2379 to --listen-client-urls)`,
			},
		},
		"a socket before the URL that is reached": {
			[]string{"--listen-client-urls=unix:///run/etcd.sock,http://10.1.2.3:2379,http://0.0.0.0:12379"},
			Server{Scheme: "http", Port: 12379, Host: "etcd-0", Metrics: Listener{"http", 12379}},
		},
		"the loopback before a name that is not known": {
			[]string{"--listen-client-urls=https://$(ADDRESS):4001,http://[::1]:4002"},
			Server{
				Scheme: "http", Port: 4002, Host: "etcd-0", Metrics: Listener{"http", 4002},
				Doubtful: "etcd listens for clients on http://[::1]:4002 only, and the port-forward did not reach it " +
					`(if the node has no IPv6 address for "localhost", it never does: run etcdctl in the pod, as in "kubectl etcd ctl --etcd etcd-0 -n ns -- endpoint status", ` +
					"or add http://127.0.0.1:4002 to --listen-client-urls)",
			},
		},
		"IPv6, of which a part is not known": {
			[]string{"--listen-client-urls=unix://etcd:0,https://[$(ADDRESS)]:4001", "--listen-peer-urls=https://[$(ADDRESS)]:4002,https://[::]:4003"},
			Server{Scheme: "https", Port: 4001, Host: "etcd-0", Metrics: Listener{"https", 4001}, Peers: Listener{"https", 4003}},
		},
		"sockets only": {
			[]string{"--listen-client-urls=unixs:///run/etcd.sock"},
			Server{
				Scheme: "https", Host: "etcd-0", Local: "unixs:///run/etcd.sock",
				Unreachable: "etcd listens for clients on unixs:///run/etcd.sock only, a socket in the pod, but a port-forward only reaches ports " +
					`(run etcdctl in the pod, as in "kubectl etcd ctl --etcd etcd-0 -n ns -- --endpoints=unixs:///run/etcd.sock endpoint status", ` +
					"or add https://127.0.0.1:2379 to --listen-client-urls)",
			},
		},
		"metrics, of which the second is reached": {
			[]string{"--listen-client-urls=http://0.0.0.0:4001", "--listen-metrics-urls=unix:///m,http://10.1.2.3:9,http://127.0.0.1:4003"},
			Server{Scheme: "http", Port: 4001, Host: "etcd-0", Metrics: Listener{"http", 4003}},
		},
		"HTTP out of reach": {
			[]string{"--listen-client-urls=http://0.0.0.0:4001", "--listen-client-http-urls=http://10.1.2.3:4002"},
			Server{Scheme: "http", Port: 4001, Host: "etcd-0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			pod := etcdPod("etcd-0", tc.args...)
			pod.Spec.Containers[0].Env = []corev1.EnvVar{{Name: "ADDRESS", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{Key: "a"}}}}
			c, err := Find(t.Context(), fake.NewClientset(pod), Target{Namespace: "ns"})
			if err != nil {
				t.Fatal(err)
			}
			got := c.Members[0].Server
			got.Container, got.TLS, got.Unknown = "", TLS{}, nil
			got.HTTP, got.ClientURLs, got.Outside = Listener{}, nil, nil // see TestGateway, TestClientURLs and TestOutside
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOutside(t *testing.T) {
	for urls, want := range map[string][]int{
		"http://10.0.0.7:2379,http://127.0.0.1:3379":   {2379},
		"http://127.0.0.1:2379,http://0.0.0.0:2381":    {2381},
		"http://localhost:2379,http://[::1]:2380":      nil,
		"unix:///run/etcd,https://*:4001,http://:4001": {4001},
	} {
		if diff := cmp.Diff(want, outsidePorts(listenURLs(urls))); diff != "" {
			t.Errorf("%s (-want +got)\n%s", urls, diff)
		}
	}
}

func TestReached(t *testing.T) {
	for urls, want := range map[string]int{
		"http://127.0.0.2:2379":                       0,
		"http://127.0.0.2:2379,http://127.0.0.1:3379": 3379,
		"http://[::1]:2379":                           2379,
		"http://[::1]:2379,http://127.0.0.1:3379":     3379,
		"http://[::]:2379":                            2379,
	} {
		if got, _ := reachable(listenURLs(urls)); got.port != want {
			t.Errorf("%s: %d, want %d", urls, got.port, want)
		}
	}
}

func TestAtPod(t *testing.T) {
	pod := etcdPod("etcd-0")
	pod.Status.PodIP, pod.Status.HostIP = "10.1.0.7", "192.0.2.4"
	for url, want := range map[string]bool{
		"http://10.1.0.7:2379":           true,
		"http://etcd-0.etcd.ns.svc:2379": true,
		"http://etcd:2379":               false,
		"http://etcd.ns.svc:2379":        false,
		"http://192.0.2.4:30000":         false,
		"":                               false,
	} {
		if got := (Server{Advertised: url}).AtPod(Member{PodName: "etcd-0", Pod: pod}); got != want {
			t.Errorf("%q: %t", url, got)
		}
	}
}

func TestAdvertised(t *testing.T) {
	for urls, want := range map[string]string{
		"":                         "",
		"https://etcd-0.etcd:2379": "https://etcd-0.etcd:2379",
		"https://10.0.0.1:2379":    "https://10.0.0.1:2379",
		"http://localhost:2379":    "",
		"http://0.0.0.0:2379":      "",
		"http://[::1]:2379":        "",
		"etcd-0.etcd:2379":         "",
		"http://127.0.0.1:2379, http://etcd.svc:80": "http://etcd.svc:80",
	} {
		if got := advertised(urls); got != want {
			t.Errorf("%q: %q, want %q", urls, got, want)
		}
	}
}

// TestSettledByFlags has pods that do not show that they run etcd, or on which port.
func TestSettledByFlags(t *testing.T) {
	opaque := etcdPod("store-0")
	opaque.Spec.Containers = []corev1.Container{
		{Name: "agent", Image: "agent:1"},
		{Name: "db", Image: "example.com/etcdish:1", Command: []string{"/start"}},
	}
	wrapped := etcdPod("store-0")
	wrapped.Spec.Containers = []corev1.Container{{Name: "db", Image: "bitnami/etcd:3", Command: []string{"/opt/run.sh"}}}
	waiting := wrapped.DeepCopy()
	waiting.Status = container(corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CreateContainerError"}}, nil).Status
	free := etcdPod("store-0", "--listen-client-urls=http://0.0.0.0:0", "--advertise-client-urls=http://store-0:0")
	free.Spec.Containers[0].Ports = []corev1.ContainerPort{{ContainerPort: 2379}} // declared, but not listened on
	beside := etcdPod("store-0")
	beside.Spec.Containers = []corev1.Container{{Name: "agent", Image: "agent:1", Command: []string{"/agent"}}, {Name: "db", Image: "etcd:3", Command: []string{"etcd"}}}
	for name, tc := range map[string]struct {
		object runtime.Object
		query  Target
		want   string // "member port", or part of the error
	}{
		"another container is etcd's": {beside, Target{Container: "agent"}, `container "agent" of pod "store-0" in namespace "ns" runs image "agent:1" and has no settings of etcd, but container "db" with image "etcd:3" has`},
		"another may be":              {beside, Target{Container: "agent", ClientPort: 4001}, "store-0 4001"},
		"nothing is recognized":       {opaque, Target{}, "none of its 1 pods runs etcd"},
		"the selector is not enough":  {opaque, Target{Selector: "app=etcd"}, `container "agent" with image "agent:1", container "db" with image "example.com/etcdish:1"); name it with --container`},
		"nor is the container":        {opaque, Target{Selector: "app=etcd", Container: "db"}, "(pass it with --client-port)"},
		"but with the port":           {opaque, Target{Selector: "app=etcd", Container: "db", ClientPort: 4001}, "store-0 4001"},
		"no pod has that label":       {opaque, Target{Selector: "app=nope"}, `no pod in namespace "ns" has the labels "app=nope"`},
		"etcd behind a wrapper":       {wrapped, Target{}, "(pass it with --client-port)"},
		"the port settles it":         {wrapped, Target{ClientPort: 2379}, "store-0 2379"},
		"nor does it run":             {waiting, Target{}, "store-0 0"},
		"the port beats a socket":     {etcdPod("store-0", "--listen-client-urls=unix:///s"), Target{ClientPort: 4001}, "store-0 4001"},
		"any port that is free":       {free, Target{}, "with port 0 in --listen-client-urls etcd chooses a free port at each start, which is not known here (set a port there"},
		"one of them is known":        {etcdPod("store-0", "--listen-client-urls=http://0.0.0.0:0,http://0.0.0.0:4001"), Target{}, "store-0 4001"},
		"the port beats a free one":   {free, Target{ClientPort: 4001}, "store-0 4001"},
		"a name that is not theirs":   {wrapped, Target{ClientPort: 2379, Selector: "app=etcd", Name: "mine"}, `select etcd cluster "store-0"`},
		"a container that is not one": {wrapped, Target{Selector: "app=etcd", Container: "nope"}, `container "db" with image`},
	} {
		t.Run(name, func(t *testing.T) {
			tc.query.Namespace = "ns"
			c, err := Find(t.Context(), fake.NewClientset(namespace(), tc.object), tc.query)
			if err != nil {
				if !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error %q, want %q", err, tc.want)
				}
				return
			}
			m := c.Members[0]
			if got := fmt.Sprintf("%s %d", m.Name, m.Server.Port); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
