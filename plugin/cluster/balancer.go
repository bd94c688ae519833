package cluster

import corev1 "k8s.io/api/core/v1"

// Balancer is a Service of type LoadBalancer, and where it is reached from outside of the Kubernetes cluster.
type Balancer struct {
	Service   string
	Addresses []string // of IP and host names; none before its cloud has given it one
	Port      int32    // of its first port
}

// BalancerOf returns what is known of a Service's load balancer; found is false where it is to have none.
func BalancerOf(s *corev1.Service) (b Balancer, found bool) {
	if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return b, false
	}
	b.Service, b.Addresses = s.Name, []string{}
	for _, port := range s.Spec.Ports {
		b.Port = port.Port
		break
	}
	for _, ingress := range s.Status.LoadBalancer.Ingress {
		for _, address := range []string{ingress.IP, ingress.Hostname} {
			if address != "" {
				b.Addresses = append(b.Addresses, address)
			}
		}
	}
	return b, true
}
