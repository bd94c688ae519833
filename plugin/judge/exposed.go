package judge

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Exposed returns the Services through which clients outside the Kubernetes cluster can reach the members.
func Exposed(c *cluster.Cluster) []corev1.Service {
	var found []corev1.Service
	for _, s := range c.Surroundings.Services {
		outside := s.Spec.Type == corev1.ServiceTypeLoadBalancer || s.Spec.Type == corev1.ServiceTypeNodePort || len(s.Spec.ExternalIPs) > 0
		if outside && servesClients(c, s) {
			found = append(found, s)
		}
	}
	return found
}

func servesClients(c *cluster.Cluster, s corev1.Service) bool {
	for _, p := range s.Spec.Ports {
		for _, m := range c.Members {
			if Targets(p, m) {
				return true
			}
		}
	}
	return false
}

// Targets reports whether a Service's port routes to the port on which a member serves clients.
func Targets(p corev1.ServicePort, m cluster.Member) bool {
	switch {
	case p.TargetPort.Type == intstr.String:
		return containerPort(m, p.TargetPort.StrVal) == m.Server.Port
	case p.TargetPort.IntVal != 0:
		return int(p.TargetPort.IntVal) == m.Server.Port
	}
	return int(p.Port) == m.Server.Port // the API's default
}

func containerPort(m cluster.Member, name string) int {
	for _, c := range m.Containers() {
		for _, p := range c.Ports {
			if p.Name == name {
				return int(p.ContainerPort)
			}
		}
	}
	return 0
}
