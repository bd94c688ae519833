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
	// monitoringNamespace is the one that the policy names.
	monitoringNamespace = "monitoring"
)

// TestNetworkPolicy brings a cluster up behind its NetworkPolicy, on a network that enforces it: who reaches which port, and
// that nothing of the plugin is held up. Nothing runs beside it: while there is a policy, each pod that comes or goes has the
// rules of every node written again, which took a third of two cores.
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

// makeMonitoring has the namespace that the policy names there, which may be of somebody else's tests too.
func (s sandbox) makeMonitoring(t *testing.T) {
	t.Helper()
	if s.createNamespace(t.Context(), monitoringNamespace) == nil {
		t.Cleanup(func() { _ = s.removeNamespace(context.WithoutCancel(t.Context()), monitoringNamespace) })
	}
}

// asking is a pod that asks: all that runs in it is something of etcd's image that waits.
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

// asker is a pod that asks, or the host where it has no name, and what it must reach.
type asker struct {
	namespace, pod, labels string
	asks                   string // the ways to a port that it tries
	reaches                []string
}

// The ways that are tried. A pod that takes a balancer's address comes from its node, as kube-proxy has it, or from itself,
// and a member that takes the Service may come to itself: what it meets then is not the policy's.
const (
	ofPods    = "etcd-0 service"
	ofMembers = "etcd-0"
	ofOutside = "etcd-0 service balancer"
)

// whoReaches asks every port of a member and of the Service from pods of every kind.
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
		// A member: for its own, and for an etcdctl that is run in its pod.
		asker{policyNamespace, "etcd-1", "", ofMembers, []string{"etcd-0:2379", "etcd-0:2380"}},
		asker{asks: ofOutside})
	for _, a := range askers {
		t.Run(a.namespace+"/"+a.pod, func(t *testing.T) {
			t.Parallel()
			s.mustReach(t, a, ports)
		})
	}
}

// letOutsideIn applies what the documents say for clients behind a balancer.
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

// mustReach asks until exactly those ports answer: what a new pod may reach, each node learns a moment after the pod has its
// address.
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

// portsOf returns what a port is called here, by where it is.
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

// answered is what etcdctl says of a connection that was taken: it has no certificate to show, or what answers is not gRPC.
var answered = regexp.MustCompile("handshake|preface|EOF|reset by peer|broken pipe")

// reached asks each port from a pod, by an etcdctl that is let in nowhere, and returns those that answered, and those of which
// it learned neither that nor that they refused.
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
		out, _ := s.as(t, s.kubeconfig, ask) // it fails, and says of each what it met
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

// batches returns which endpoints are asked by one etcdctl. What comes over the network is refused by ICMP, of which the
// kernel sends one address no more than some at once (net.ipv4.icmp_ratelimit): the host asks one after the other.
func (a asker) batches(endpoints []string) [][]string {
	if a.pod == "" {
		return slices.Collect(slices.Chunk(endpoints, 1))
	}
	return [][]string{endpoints}
}

// pastPolicy types what a user types. Most of it comes by the API server and the kubelet, which no policy holds up; members
// must reach one another, also under new addresses.
func (s sandbox) pastPolicy(t *testing.T, kubeconfig string) {
	for _, line := range []string{
		"kubectl etcd status",
		"kubectl etcd list",
		"kubectl etcd members",
		"kubectl etcd version",
		"kubectl etcd put key value",
		"kubectl etcd get key --each-member",
		"kubectl etcd watch key --rev 1 -o json --timeout 2s",
		"kubectl etcd ctl -- endpoint health --cluster",
		"kubectl etcd proxy -- etcdctl get key",
		"kubectl etcd doctor",
		"kubectl etcd certs list",
		"kubectl etcd certs renew",
		"kubectl etcd auth status",
		"kubectl etcd move-leader",
		"kubectl etcd seal",
		"kubectl etcd diff",
		"kubectl etcd up",
		"kubectl etcd replace etcd-1 --force",
		"kubectl etcd del key",
		"kubectl etcd drill leader --rate 50 --yes",
		"kubectl etcd status",
	} {
		if out, err := s.as(t, kubeconfig, line); err != nil {
			t.Errorf("$ %s\n%s%v", line, out, err)
		}
	}
}
