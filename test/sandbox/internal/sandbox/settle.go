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

// addons makes the objects that every cluster has: storage classes and the
// Service that leads to CoreDNS.
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

// dnsEndpoint stands in for the pods a cluster has: CoreDNS runs on the host.
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

// settle waits until the first pod of a test would find everything in place.
func (b *bringUp) settle(ctx context.Context, client kubernetes.Interface) error {
	b.say("waiting for the nodes")
	nodes := wait{what: "the nodes to be ready", log: b.layout.Log(plan.Nodes()[0].Name + "-kubelet"), bound: 2 * time.Minute, needs: b.record.Processes}
	if err := nodes.until(ctx, func(ctx context.Context) error { return nodesReady(ctx, client) }); err != nil {
		return err
	}
	account := wait{what: "the default service account", log: b.layout.Log("kube-controller-manager"), bound: time.Minute, needs: b.record.Processes}
	err := account.until(ctx, func(ctx context.Context) error {
		_, err := client.CoreV1().ServiceAccounts("default").Get(ctx, "default", meta.GetOptions{})
		return err
	})
	if err != nil {
		return err
	}
	dns := wait{what: "CoreDNS to answer", log: b.layout.Log("coredns"), bound: time.Minute, needs: b.record.Processes}
	return dns.until(ctx, resolves)
}

// resolves asks CoreDNS for the one Service that is always there.
func resolves(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askBound)
	defer cancel()
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, fmt.Sprintf("%s:%d", plan.HostAddress, plan.DNSPort))
	}}
	_, err := resolver.LookupHost(ctx, "kubernetes.default.svc."+plan.Domain+".")
	return err
}
