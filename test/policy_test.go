//go:build e2e

package test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	policyNamespace  = "e2e-policy"
	outsideNamespace = "e2e-policy-outside"
	// monitoringNamespace is the namespace that the policy names.
	monitoringNamespace = "monitoring"
)

// TestNetworkPolicy creates a cluster with its NetworkPolicy on a network that enforces it. It checks who reaches which
// port, and that the plugin works. Nothing runs beside it: with a policy, every node's rules are rewritten for each pod that
// starts or ends, which took a third of two cores.
func TestNetworkPolicy(t *testing.T) {
	s := open(t)
	s.needNodes(t)
	kubeconfig := s.up(t, policyNamespace, "--network-policy", "--expose=internal")
	s.freshNamespace(t, outsideNamespace)
	s.makeMonitoring(t)
	ports := s.portsOf(t)
	t.Run("reach", func(t *testing.T) { s.whoReaches(t, ports) })
	t.Run("outside", func(t *testing.T) { s.letOutsideIn(t, ports) })
	t.Run("commands", func(t *testing.T) { s.pastPolicy(t, kubeconfig) })
}

// makeMonitoring creates the namespace that the policy names. Other tests may have created it.
func (s sandbox) makeMonitoring(t *testing.T) {
	t.Helper()
	if s.createNamespace(t.Context(), monitoringNamespace) == nil {
		t.Cleanup(func() { _ = s.removeNamespace(context.WithoutCancel(t.Context()), monitoringNamespace) })
	}
}

// asking is a pod to connect from: it runs a program of etcd's image that waits.
const asking = `
apiVersion: v1
kind: Pod
metadata:
  name: %[2]s
  namespace: %[1]s
  labels: %[3]s
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 0
  securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: asking
    image: gcr.io/etcd-development/etcd:v3.7.3
    command: [etcd, gateway, start, --listen-addr=127.0.0.1:23790, --endpoints=127.0.0.1:2379]
    securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
`

// asker is a pod to connect from, or the host if it has no name, and the ports that it must reach.
type asker struct {
	namespace, pod, labels string
	asks                   string // the addresses of a port that it tries
	reaches                []string
}

// The addresses that are tried. They leave out connections whose source the policy cannot know: from a pod to a load
// balancer's address, which kube-proxy sends from the node or from the pod itself, and from a member to the Service, which
// may lead back to the member.
const (
	ofPods    = "etcd-0 service"
	ofMembers = "etcd-0"
	ofOutside = "etcd-0 service balancer"
)

// whoReaches tries every port of a member and of the Service from pods of every kind.
func (s sandbox) whoReaches(t *testing.T, ports map[string]string) {
	const ofEtcd = "{etcd.kubectl.dev/client-of: etcd}"
	askers := []asker{
		{policyNamespace, "client", ofEtcd, ofPods, []string{"etcd-0:2379", "etcd-0:2382", "service:2379", "service:2382"}},
		{policyNamespace, "stranger", "{}", ofPods, nil},
		{policyNamespace, "client-of-another", "{etcd.kubectl.dev/client-of: orders}", ofPods, nil},
		{outsideNamespace, "stranger", "{}", ofPods, nil},
		{outsideNamespace, "client", ofEtcd, ofPods, nil},
		{monitoringNamespace, policyNamespace, "{}", ofPods, []string{"etcd-0:2381"}},
	}
	for _, a := range askers {
		if out, err := s.kubectl(t.Context(), fmt.Sprintf(asking, a.namespace, a.pod, a.labels), "apply", "-f", "-"); err != nil {
			t.Fatal(err, out)
		}
		t.Cleanup(func() {
			_, _ = s.kubectl(context.WithoutCancel(t.Context()), "", "delete", "pod", a.pod, "--namespace="+a.namespace, "--wait=false", "--ignore-not-found")
		})
	}
	for _, a := range askers {
		if out, err := s.kubectl(t.Context(), "", "wait", "--for=condition=Ready", "pod/"+a.pod, "--namespace="+a.namespace, "--timeout=50s"); err != nil {
			t.Fatal(err, out)
		}
	}
	askers = append(askers,
		// A member must reach its own ports, for an etcdctl that runs in its pod.
		asker{policyNamespace, "etcd-1", "", ofMembers, []string{"etcd-0:2379", "etcd-0:2380"}},
		asker{asks: ofOutside})
	for _, a := range askers {
		t.Run(a.namespace+"/"+a.pod, func(t *testing.T) {
			t.Parallel()
			s.mustReach(t, a, ports)
		})
	}
}

// letOutsideIn applies the policy in the documents for clients behind a load balancer.
func (s sandbox) letOutsideIn(t *testing.T, ports map[string]string) {
	text, err := os.ReadFile(filepath.Join(s.root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, policy, found := strings.Cut(string(text), "```yaml\napiVersion: networking.k8s.io/v1\n")
	policy, _, ended := strings.Cut(policy, "```\n")
	if !found || !ended {
		t.Fatal("docs/security.md has no NetworkPolicy for them")
	}
	out, err := s.kubectl(t.Context(), "apiVersion: networking.k8s.io/v1\n"+policy, "apply", "--namespace="+policyNamespace, "-f", "-")
	if err != nil {
		t.Fatal(err, out)
	}
	s.mustReach(t, asker{
		asks:    ofOutside,
		reaches: []string{"balancer:2379", "balancer:2382", "etcd-0:2379", "etcd-0:2382", "service:2379", "service:2382"},
	}, ports)
}

// mustReach tries until exactly those ports answer: each node learns a new pod's address a moment later.
func (s sandbox) mustReach(t *testing.T, a asker, ports map[string]string) {
	t.Helper()
	var got []string
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		if got = s.reached(t, a, ports); slices.Equal(a.reaches, got) {
			return
		}
	}
	t.Error(cmp.Diff(a.reaches, got))
}

// portsOf returns the names of the ports by address.
func (s sandbox) portsOf(t *testing.T) map[string]string {
	t.Helper()
	out, err := s.kubectl(t.Context(), "", "get", "service", "etcd-client", "--namespace="+policyNamespace,
		"-o", "jsonpath={.spec.clusterIP} {.status.loadBalancer.ingress[0].ip}")
	if err != nil {
		t.Fatal(err, out)
	}
	service, balancer, found := strings.Cut(out, " ")
	if !found || balancer == "" {
		t.Fatalf("the Service has the addresses %q", out)
	}
	member := s.places(t, policyNamespace)["etcd-0"].Address
	ports := map[string]string{
		service + ":2379": "service:2379", service + ":2382": "service:2382",
		balancer + ":2379": "balancer:2379", balancer + ":2382": "balancer:2382",
	}
	for port := 2379; port <= 2382; port++ {
		ports[fmt.Sprintf("%s:%d", member, port)] = fmt.Sprintf("etcd-0:%d", port)
	}
	return ports
}

// answered matches etcdctl's error for an accepted connection: it shows no certificate, or the server is not gRPC.
var answered = regexp.MustCompile("handshake|preface|EOF|reset by peer|broken pipe")

// reached tries each port from a pod, by an etcdctl without credentials. It returns the ports that answered, and those that
// neither answered nor refused.
func (s sandbox) reached(t *testing.T, a asker, ports map[string]string) []string {
	t.Helper()
	var endpoints, names []string
	for address, name := range ports {
		if way, _, _ := strings.Cut(name, ":"); strings.Contains(a.asks, way) {
			endpoints = append(endpoints, "http://"+address)
		}
	}
	said := map[string]string{}
	for _, some := range a.batches(endpoints) {
		ask := "etcdctl --command-timeout=2s --endpoints=" + strings.Join(some, ",") + " endpoint health"
		if a.pod != "" {
			ask = fmt.Sprintf("kubectl exec --namespace=%s %s -- %s", a.namespace, a.pod, ask)
		}
		out, _ := s.as(t, s.kubeconfig, ask) // it fails, with a reason for each endpoint
		for line := range strings.Lines(out) {
			var entry struct{ Target, Error string }
			if json.Unmarshal([]byte(line), &entry) == nil && entry.Error != "" {
				said[entry.Target[strings.LastIndex(entry.Target, "/")+1:]] = entry.Error
			}
		}
	}
	for _, endpoint := range endpoints {
		address := strings.TrimPrefix(endpoint, "http://")
		switch {
		case answered.MatchString(said[address]):
			names = append(names, ports[address])
		case !strings.Contains(said[address], "connection refused"):
			names = append(names, ports[address]+"? "+said[address])
		}
	}
	slices.Sort(names)
	return names
}

// batches returns the endpoints that one etcdctl tries. Refusals over the network are ICMP, of which the kernel sends only a
// few at once to one address (net.ipv4.icmp_ratelimit): the host tries one after the other.
func (a asker) batches(endpoints []string) [][]string {
	if a.pod == "" {
		return slices.Collect(slices.Chunk(endpoints, 1))
	}
	return [][]string{endpoints}
}

// pastPolicy runs commands of the plugin. They go through the API server and the kubelet, which no policy blocks, by
// port-forward and by exec. Members must reach one another, also at the new address of a replaced one.
func (s sandbox) pastPolicy(t *testing.T, kubeconfig string) {
	for _, line := range []string{
		"kubectl etcd put key value",
		"kubectl etcd get key --each-member",
		"kubectl etcd ctl -- endpoint health --cluster",
		"kubectl etcd proxy -- etcdctl get key",
		"kubectl etcd doctor",
		"kubectl etcd replace etcd-1 --force",
		"kubectl etcd status",
	} {
		if out, err := s.as(t, kubeconfig, line); err != nil {
			t.Errorf("$ %s\n%s%v", line, out, err)
		}
	}
}
