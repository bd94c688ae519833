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

// clientURLs judges whether the addresses in the membership lead to the members. Clients that learn the members from
// etcd dial them: etcdctl with --cluster, client/v3 with AutoSyncInterval, Patroni without use_proxies.
func clientURLs(e *evidence) []finding {
	return e.each(func(m seen) finding {
		if len(m.ClientURLs) == 0 {
			return evidenceMissing("the membership has no client URL of it")
		}
		if m.place.Pod == nil {
			return evidenceMissing(noPod)
		}
		found := pass("%s", strings.Join(m.ClientURLs, ", "))
		for _, text := range m.ClientURLs {
			u, err := url.Parse(text)
			if err != nil {
				return evidenceMissing(fmt.Sprintf("%q is no URL", text))
			}
			switch wrong, unknown := e.misleads(m, u); {
			case wrong != "":
				return bad(report.Caution, found.Figure, because{astray + wrong, e.advertise(m, u.Scheme)})
			case unknown != "":
				found.Result, found.Reason = report.Unknown, unknown
			}
		}
		return found
	})
}

const astray = "clients that learn addresses from the membership (etcdctl --cluster, a client's auto-sync, Patroni without use_proxies) go astray: "

// misleads says why a client URL does not lead to the member, or why that cannot be told.
func (e *evidence) misleads(m seen, u *url.URL) (wrong, unknown string) {
	host := u.Hostname()
	ip := net.ParseIP(host)
	pod := m.place.Pod.Status
	switch {
	case ip != nil && ip.IsUnspecified():
		return "the address means every interface of whoever dials it", ""
	case host == "localhost" || ip != nil && ip.IsLoopback():
		if m.place.Server.PodOnly { // the only clients that it has are beside it, and to them the address is right
			return "", ""
		}
		return "the address is the loopback of whoever dials it", ""
	case ip == nil:
		return e.misnamed(m, u)
	case host == pod.PodIP || host == pod.HostIP:
		return wrongPort(m, u), ""
	}
	return "", "whether this address leads to the member cannot be told: it is neither its pod's nor its node's"
}

// misnamed judges a host name: the member's own, POD.SERVICE, or that of a Service before it.
func (e *evidence) misnamed(m seen, u *url.URL) (wrong, unknown string) {
	pod, service := e.serviceName(m, u.Hostname())
	if service == "" {
		return "", "whether this name leads to the member cannot be told: it is not of the namespace's Services"
	}
	if why := e.cluster.Around.Why(cluster.UnseenServices); why != "" {
		return "", why
	}
	i := slices.IndexFunc(e.cluster.Around.Services, func(s corev1.Service) bool { return s.Name == service })
	switch {
	case i < 0 && pod:
		return fmt.Sprintf("there is no Service %q that selects the pod and gives it this name", service), ""
	case i < 0:
		return "", fmt.Sprintf("whether this name leads to the member cannot be told: no Service %q selects its pod", service)
	case pod || e.cluster.Around.Services[i].Spec.ClusterIP == corev1.ClusterIPNone:
		return wrongPort(m, u), ""
	}
	return wrongServicePort(m, e.cluster.Around.Services[i], u), ""
}

// serviceName returns the Service of the cluster's namespace that a host name is of, and whether the name is that of
// the member's own pod below it. It returns "" for a name of elsewhere. A resolver completes what is left out on the right.
func (e *evidence) serviceName(m seen, host string) (pod bool, service string) {
	rest, pod := strings.CutPrefix(strings.TrimSuffix(host, "."), m.place.PodName+".")
	service, domain, more := strings.Cut(rest, ".")
	own := e.cluster.Namespace
	if more && domain != own && domain != own+".svc" && !strings.HasPrefix(domain, own+".svc.") {
		return false, ""
	}
	return pod, service
}

// wrongPort judges the port of an address that is the pod's own.
func wrongPort(m seen, u *url.URL) string {
	if ports := served(m); len(ports) > 0 && !slices.Contains(ports, portOf(u)) {
		return fmt.Sprintf("the member serves clients on port %d", ports[0])
	}
	return ""
}

// served returns the ports on which others reach a member: what a port-forward reaches may be for its own pod alone.
func served(m seen) []int {
	s := m.place.Server
	if len(s.Outside) > 0 || s.Port == 0 {
		return s.Outside
	}
	return []int{s.Port}
}

// wrongServicePort judges the port of a Service that stands before the member.
func wrongServicePort(m seen, s corev1.Service, u *url.URL) string {
	port, ports := portOf(u), served(m)
	leads := func(to int) bool {
		place := m.place
		place.Server.Port = to
		return slices.ContainsFunc(s.Spec.Ports, func(p corev1.ServicePort) bool { return int(p.Port) == port && judge.Targets(p, place) })
	}
	switch {
	case !slices.ContainsFunc(ports, leads):
		return fmt.Sprintf("port %d of the Service %q does not lead to where the member serves clients", port, s.Name)
	case !slices.Contains(ports, port):
		return fmt.Sprintf("port %d is that of the Service %q, and the member itself serves clients on %d", port, s.Name, ports[0])
	}
	return ""
}

// portOf returns the port that a client dials; without one it is 80 or 443, and not etcd's own.
func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	if u.Scheme == "https" {
		return 443
	}
	return 80
}

// advertise says what a member is to advertise, typed out, and how that comes to be in the membership.
func (e *evidence) advertise(m seen, scheme string) string {
	scheme = cmp.Or(m.place.Server.Scheme, scheme)
	variable, field, below := "POD_IP", "status.podIP", ""
	if set := e.cluster.StatefulSet; set != nil && slices.ContainsFunc(e.cluster.Around.Services, func(s corev1.Service) bool {
		return s.Name == set.Spec.ServiceName && s.Spec.ClusterIP == corev1.ClusterIPNone
	}) {
		variable, field, below = "POD_NAME", "metadata.name", fmt.Sprintf(".%s.%s.svc", set.Spec.ServiceName, set.Namespace)
	}
	ports := append(served(m), 2379)
	at := func(host string) string { return fmt.Sprintf("%s://%s:%d", scheme, host+below, ports[0]) }
	step := fmt.Sprintf("and before it in env %s from the field %s", variable, field)
	if name := settingOf(m.place); name != "" {
		step = fmt.Sprintf("in the pod's spec: %s=%s, %s", name, at("$("+variable+")"), step)
	} else {
		own := m.place.PodName
		if below == "" {
			own = m.place.Pod.Status.PodIP
		}
		step = "set advertise-client-urls to " + at(own) + " where the member has it from now (a configuration file, a ConfigMap, a script)"
	}
	steps := []string{step}
	if scheme == "https" {
		steps = append(steps, "the server's certificate has to be for that host")
	}
	if v := m.data.value.volume; v != nil && v.EmptyDir != nil {
		steps = append(steps, "its data is on an emptyDir and goes with the pod: save a snapshot first")
	}
	return strings.Join(append(steps, "then restart one member at a time: each tells the membership its URL when it starts"), "\n")
}

// settingOf returns the flag or the variable by which a member's pod says what it advertises, or "" where it has that
// from elsewhere. To be told by both is fatal to etcd.
func settingOf(m cluster.Member) string {
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
