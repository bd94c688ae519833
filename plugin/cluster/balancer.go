package cluster

import corev1 "k8s.io/api/core/v1"

// Balancer is a Service of type LoadBalancer and its external addresses.
type Balancer struct {
	Service   string
	Addresses []string // IPs and host names; empty until the cloud provider has assigned one
	Port      int32    // the Service's first port
}

// BalancerOf returns the load balancer of a Service; found is false for a Service of another type.
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
