package advice

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// services warns of Services that expose members without TLS to clients outside the Kubernetes cluster.
func (v view) services() []report.Warning {
	var found []report.Warning
	if !slices.ContainsFunc(v.Members, func(m cluster.Member) bool { return m.Server.Scheme == "http" }) {
		return nil
	}
	for _, s := range judge.Exposed(v.Cluster) {
		found = append(found, warning(PlainTextExposed,
			fmt.Sprintf("the Service %q (%s) accepts clients from outside the Kubernetes cluster in plain text: keys, values and passwords can be read and changed in transit", s.Name, exposure(s)),
			"serve clients over TLS (--cert-file, --key-file), or let only pods reach it:", v.withdraw(s))...)
	}
	return found
}

// exposure returns what makes a Service reachable from outside the Kubernetes cluster.
func exposure(s corev1.Service) string {
	if s.Spec.Type == corev1.ServiceTypeClusterIP {
		return "with externalIPs"
	}
	return "of type " + string(s.Spec.Type)
}

func (v view) withdraw(s corev1.Service) string {
	switch {
	case s.Spec.Type == corev1.ServiceTypeClusterIP:
		return v.Kubectl("patch service "+s.Name) + ` --type=merge -p '{"spec":{"externalIPs":null}}'`
	case v.ours() && s.Labels[cluster.LabelComponent] != "":
		return v.Command("up --expose none")
	}
	return v.Kubectl("patch service "+s.Name) + ` --type=merge -p '{"spec":{"type":"ClusterIP","externalIPs":null,"loadBalancerSourceRanges":null}}'`
}
