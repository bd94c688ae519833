package doctor

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// clientURLs judges whether the client URLs in the membership lead to the members. Clients that learn the members from
// etcd dial them: etcdctl with --cluster, client/v3 with AutoSyncInterval, Patroni without use_proxies.
func clientURLs(e *evidence) []finding {
	return e.each(func(m memberEvidence) finding {
		if len(m.ClientURLs) == 0 {
			return evidenceMissing("the membership list has no client URL of this member")
		}
		if m.kubeMember.Pod == nil {
			return evidenceMissing(noPod)
		}
		found := pass("%s", strings.Join(m.ClientURLs, ", "))
		for _, text := range m.ClientURLs {
			u, err := url.Parse(text)
			if err != nil {
				return evidenceMissing(fmt.Sprintf("%q is not a URL", text))
			}
			switch wrong, unknown := e.clientURLProblem(m, u); {
			case wrong != "":
				return bad(report.Caution, found.Figure, explanation{misledClients + wrong, e.advertise(m, u.Scheme)})
			case unknown != "":
				found.Result, found.Reason = report.Unknown, unknown
			}
		}
		return found
	})
}

const misledClients = "clients that learn addresses from the membership list (etcdctl --cluster, a client's auto-sync, Patroni without use_proxies) connect to the wrong address: "

// clientURLProblem returns why a client URL does not lead to the member (wrong), or why that is unknown. Both are "" if
// it does.
func (e *evidence) clientURLProblem(m memberEvidence, u *url.URL) (wrong, unknown string) {
	host := u.Hostname()
	ip := net.ParseIP(host)
	pod := m.kubeMember.Pod.Status
	switch {
	case ip != nil && ip.IsUnspecified():
		return "the address is unspecified, which means the client's own host", ""
	case host == "localhost" || ip != nil && ip.IsLoopback():
		if m.kubeMember.Server.PodOnly { // its only clients are in its pod, and for them loopback is right
			return "", ""
		}
		return "the address is the client's own loopback", ""
	case ip == nil:
		return e.hostNameProblem(m, u)
	case host == pod.PodIP || host == pod.HostIP:
		return wrongPort(m, u), ""
	}
	return "", "it is unknown whether this address leads to the member: it is neither its pod's nor its node's"
}

// hostNameProblem judges a host name: the member's own (POD.SERVICE), or that of a Service that selects it.
func (e *evidence) hostNameProblem(m memberEvidence, u *url.URL) (wrong, unknown string) {
	pod, service := e.serviceName(m, u.Hostname())
	if service == "" {
		return "", "it is unknown whether this name leads to the member: it belongs to no Service of the namespace"
	}
	if why := e.cluster.Surroundings.Why(cluster.IncompleteServices); why != "" {
		return "", why
	}
	i := slices.IndexFunc(e.cluster.Surroundings.Services, func(s corev1.Service) bool { return s.Name == service })
	switch {
	case i < 0 && pod:
		return fmt.Sprintf("no Service %q selects the pod and gives it this name", service), ""
	case i < 0:
		return "", fmt.Sprintf("it is unknown whether this name leads to the member: no Service %q selects its pod", service)
	case pod || e.cluster.Surroundings.Services[i].Spec.ClusterIP == corev1.ClusterIPNone:
		return wrongPort(m, u), ""
	}
	return wrongServicePort(m, e.cluster.Surroundings.Services[i], u), ""
}

// serviceName returns the Service that a host name belongs to, and whether the name is that of the member's pod below
// the Service. service is "" if the Service is not in the cluster's namespace. The domain may be incomplete: a resolver
// appends the rest.
func (e *evidence) serviceName(m memberEvidence, host string) (pod bool, service string) {
	rest, pod := strings.CutPrefix(strings.TrimSuffix(host, "."), m.kubeMember.PodName+".")
	service, domain, more := strings.Cut(rest, ".")
	own := e.cluster.Namespace
	if more && domain != own && domain != own+".svc" && !strings.HasPrefix(domain, own+".svc.") {
		return false, ""
	}
	return pod, service
}

// wrongPort returns what is wrong with the port of an address that is the pod's own, or "".
func wrongPort(m memberEvidence, u *url.URL) string {
	if ports := clientPorts(m); len(ports) > 0 && !slices.Contains(ports, portOf(u)) {
		return fmt.Sprintf("the member serves clients on port %d", ports[0])
	}
	return ""
}

// clientPorts returns the ports on which clients in other pods reach a member. The port that a port-forward reaches may
// listen for its pod only.
func clientPorts(m memberEvidence) []int {
	s := m.kubeMember.Server
	if len(s.Outside) > 0 || s.Port == 0 {
		return s.Outside
	}
	return []int{s.Port}
}

// wrongServicePort returns what is wrong with the port of a Service that has a cluster IP, or "".
func wrongServicePort(m memberEvidence, s corev1.Service, u *url.URL) string {
	port, ports := portOf(u), clientPorts(m)
	leads := func(to int) bool {
		moved := m.kubeMember
		moved.Server.Port = to
		return slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return int(p.Port) == port && judge.Targets(p, moved) })
	}
	switch {
	case !slices.ContainsFunc(ports, leads):
		return fmt.Sprintf("port %d of the Service %q does not lead to the member's client port", port, s.Name)
	case !slices.Contains(ports, port):
		return fmt.Sprintf("port %d is the port of the Service %q, but the member itself serves clients on %d", port, s.Name, ports[0])
	}
	return ""
}

// portOf returns the port that a client dials: without a port in the URL that is 80 or 443, not etcd's 2379.
func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

// advertise returns the remedy: the client URL that the member must advertise, where to set it, and how it gets into
// the membership.
func (e *evidence) advertise(m memberEvidence, scheme string) string {
	scheme = cmp.Or(m.kubeMember.Server.Scheme, scheme)
	variable, field, below := "POD_IP", "status.podIP", ""
	if set := e.cluster.StatefulSet; set != nil && slices.ContainsFunc(e.cluster.Surroundings.Services, func(s corev1.Service) bool {
		return s.Name == set.Spec.ServiceName && s.Spec.ClusterIP == corev1.ClusterIPNone
	}) {
		variable, field, below = "POD_NAME", "metadata.name", fmt.Sprintf(".%s.%s.svc", set.Spec.ServiceName, set.Namespace)
	}
	ports := append(clientPorts(m), 2379)
	at := func(host string) string { return fmt.Sprintf("%s://%s:%d", scheme, host+below, ports[0]) }
	step := fmt.Sprintf("and, before it in env, %s from the field %s", variable, field)
	if name := advertiseSetting(m.kubeMember); name != "" {
		step = fmt.Sprintf("in the pod's spec: %s=%s, %s", name, at("$("+variable+")"), step)
	} else {
		own := m.kubeMember.PodName
		if below == "" {
			own = m.kubeMember.Pod.Status.PodIP
		}
		step = "set advertise-client-urls to " + at(own) + " in the place that sets it now (a configuration file, a ConfigMap, a script)"
	}
	steps := []string{step}
	if scheme == "https" {
		steps = append(steps, "the server's certificate must contain that host")
	}
	if v := m.data.value.volume; v != nil && v.EmptyDir != nil {
		steps = append(steps, "its data is on an emptyDir and is deleted with the pod: save a snapshot first")
	}
	return strings.Join(append(steps, "then restart one member at a time: each publishes its URL in the membership list when it starts"), "\n")
}

// advertiseSetting returns the flag or the environment variable with which a member's pod sets its advertised client
// URLs, or "" if they are set elsewhere. etcd refuses to start with both.
func advertiseSetting(m cluster.Member) string {
	const flag, variable = "--advertise-client-urls", "ETCD_ADVERTISE_CLIENT_URLS"
	c, _ := m.Container()
	switch {
	case strings.Contains(strings.Join(slices.Concat(c.Command, c.Args), " "), flag):
		return flag
	case slices.ContainsFunc(c.Env, func(v corev1.EnvVar) bool { return v.Name == variable }):
		return variable
	}
	return ""
}
