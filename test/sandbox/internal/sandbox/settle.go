package sandbox

import (
	"context"
	"fmt"
	"net"
	"time"

	core "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controllers"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// addons creates the objects that every cluster has: storage classes and the Service of CoreDNS. It can be repeated after a
// failure.
func addons(ctx context.Context, client kubernetes.Interface) error {
	for _, class := range controllers.Classes() {
		_, err := client.StorageV1().StorageClasses().Create(ctx, &class, meta.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("make storage class %q: %w", class.Name, err)
		}
	}
	_, err := client.CoreV1().Services("kube-system").Create(ctx, dnsService(), meta.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make the Service of CoreDNS: %w", err)
	}
	_, err = client.DiscoveryV1().EndpointSlices("kube-system").Create(ctx, dnsEndpoint(), meta.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make the endpoint of CoreDNS: %w", err)
	}
	return nil
}

func dnsService() *core.Service {
	return &core.Service{
		ObjectMeta: meta.ObjectMeta{Name: "kube-dns", Labels: map[string]string{"k8s-app": "kube-dns"}},
		Spec: core.ServiceSpec{
			ClusterIP: plan.DNSServiceIP,
			Ports: []core.ServicePort{
				{Name: "dns", Protocol: core.ProtocolUDP, Port: 53},
				{Name: "dns-tcp", Protocol: core.ProtocolTCP, Port: 53},
			},
		},
	}
}

// dnsEndpoint replaces the endpoints of pods: CoreDNS runs on the host.
func dnsEndpoint() *discovery.EndpointSlice {
	port, udp, tcp, udpName, tcpName := int32(plan.DNSPort), core.ProtocolUDP, core.ProtocolTCP, "dns", "dns-tcp"
	return &discovery.EndpointSlice{
		ObjectMeta:  meta.ObjectMeta{Name: "kube-dns", Labels: map[string]string{discovery.LabelServiceName: "kube-dns"}},
		AddressType: discovery.AddressTypeIPv4,
		Endpoints:   []discovery.Endpoint{{Addresses: []string{plan.HostAddress}}},
		Ports: []discovery.EndpointPort{
			{Name: &udpName, Protocol: &udp, Port: &port},
			{Name: &tcpName, Protocol: &tcp, Port: &port},
		},
	}
}

// settle waits until a test's first pod would find everything ready.
func (b *bringUp) settle(ctx context.Context, client kubernetes.Interface) error {
	b.say("waiting for the nodes")
	ask := func(ctx context.Context) error { return nodesReady(ctx, client) }
	if err := b.await(ctx, "the nodes to be ready", plan.Nodes()[0].Name+"-kubelet", ask); err != nil {
		return err
	}
	ask = func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", meta.GetOptions{})
		return err
	}
	if err := b.await(ctx, "the default service account", "kube-controller-manager", ask); err != nil {
		return err
	}
	return b.await(ctx, "CoreDNS to answer", "coredns", resolves)
}

// await waits for a state that needs every process. The log of one of them has the reason of a failure.
func (b *bringUp) await(ctx context.Context, what, on string, ask func(context.Context) error) error {
	w := wait{what: what, bound: 2 * time.Minute, layout: b.layout, on: on, needs: b.record.Processes}
	return w.until(ctx, ask)
}

// resolves looks up the Service that always exists in CoreDNS.
func resolves(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askBound)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, fmt.Sprintf("%s:%d", plan.HostAddress, plan.DNSPort))
	}}
	_, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+plan.Domain+".")
	return err
}
