package cluster

import (
	"cmp"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// listenURL is one of the URLs that etcd listens on.
type listenURL struct {
	text   string
	scheme string // http or https; for a unix socket, the protocol that is spoken over it
	socket bool   // a unix socket: "unix://PATH", or "unixs://PATH" with TLS
	host   string // "*" in it stands for an unknown part
	port   int    // 0 if it is not known
}

// listenURLs parses a flag's value. It leaves out URLs that etcd does not accept: etcd would not start with them.
func listenURLs(value string) []listenURL {
	var urls []listenURL
	for _, text := range strings.Split(value, ",") {
		u := listenURL{text: strings.TrimSpace(text)}
		scheme, rest, _ := strings.Cut(u.text, "://")
		switch scheme {
		case "unix", "unixs":
			u.scheme, u.socket, u.host = "http"+strings.TrimPrefix(scheme, "unix"), true, rest
		case "http", "https":
			u.scheme = scheme
			u.host, u.port = splitHost(rest)
		default:
			continue
		}
		urls = append(urls, u)
	}
	return urls
}

// picksFreePort reports whether etcd listens on any free port.
func (u listenURL) picksFreePort() bool { return strings.HasSuffix(u.text, ":0") && !u.socket }

// splitHost splits what follows a scheme into host and port. url.Parse refuses the "*" of an unknown part.
func splitHost(rest string) (host string, port int) {
	rest, _, _ = strings.Cut(rest, "/")
	host, digits, err := net.SplitHostPort(rest)
	if err != nil {
		return strings.Trim(rest, "[]"), defaultClientPort
	}
	port, _ = strconv.Atoi(digits)
	return host, port
}

// reachable returns the URL that a port-forward reaches, wherever it is in the list: a port-forward dials the loopback
// of the pod. If there is none, it returns one on ::1, then one whose host is not known in full.
func reachable(urls []listenURL) (listenURL, bool) {
	for _, is := range []func(host string) bool{forwarded, onlyIPv6, func(host string) bool { return strings.Contains(host, "*") }} {
		if i := slices.IndexFunc(urls, func(u listenURL) bool { return !u.socket && u.port != 0 && is(u.host) }); i >= 0 {
			return urls[i], true
		}
	}
	return listenURL{}, false
}

// listen finds out how a port-forward reaches the clients' listener. The advertised URLs do not show it: they may go
// through a Service with another port.
func (s *Server) listen(set settings.Settings, c corev1.Container, port int) {
	value := set.Pattern("listen-client-urls")
	if value == "" && !s.mayBeSet("listen-client-urls") {
		value = defaultClientURL
	}
	urls := listenURLs(value)
	s.Outside = outsidePorts(urls)
	if u, ok := reachable(urls); ok {
		s.Scheme, s.Port = u.scheme, u.port
		if onlyIPv6(u.host) {
			s.Doubtful = fmt.Sprintf("etcd listens for clients on %s only, and the port-forward did not reach it", u.text)
		}
	} else if len(urls) > 0 {
		s.setUnreachable(urls)
	}
	if s.Scheme == "" { // fall back to the advertised URL, which has at least the right scheme
		if u, err := url.Parse(first(set.Pattern("advertise-client-urls"))); err == nil && u.Scheme != "" {
			s.Scheme, s.Port = u.Scheme, portOf(u)
		}
	}
	s.FreePort = port == 0 && s.Port == 0 && slices.ContainsFunc(urls, listenURL.picksFreePort)
	if s.Port == 0 && s.Local == "" && !s.FreePort {
		s.Port = declaredPort(c)
	}
	if port != 0 {
		s.Port, s.Local, s.Unreachable, s.Doubtful = port, "", "", ""
	}
}

// setUnreachable notes the URLs, none of which a port-forward reaches, and the best of them for a client inside the pod.
func (s *Server) setUnreachable(urls []listenURL) {
	best := urls[0]
	for _, u := range urls {
		if !u.socket && u.port != 0 {
			best = u
			break
		}
	}
	s.Scheme, s.Port = best.scheme, best.port
	if best.port == 0 && !best.socket { // without a port no URL is usable
		return
	}
	s.Local = best.text
	texts := make([]string, len(urls))
	for i, u := range urls {
		texts[i] = u.text
	}
	why := "but a port-forward only reaches the loopback of the pod"
	if loopback(best.host) {
		why = "but a port-forward only reaches 127.0.0.1 of the pod's loopback"
	}
	if best.socket {
		why = "a socket in the pod, but a port-forward only reaches ports"
	}
	s.Unreachable = fmt.Sprintf("etcd listens for clients on %s only, %s", strings.Join(texts, " and "), why)
}

// Socket reports whether etcd listens for clients on unix sockets only.
func (s Server) Socket() bool { return strings.HasPrefix(s.Local, "unix") }

// adviseUnreachable adds what works instead to the members' Unreachable and Doubtful.
func (c *Cluster) adviseUnreachable() {
	for i := range c.Members {
		s := &c.Members[i].Server
		ctl := c.Command("ctl") + " -- "
		if s.Socket() {
			ctl += "--endpoints=" + s.Local + " "
		}
		works := fmt.Sprintf("run etcdctl in the pod, as in %q, or add %s://127.0.0.1:%d to --listen-client-urls",
			ctl+"endpoint status", s.Scheme, cmp.Or(s.Port, defaultClientPort))
		if s.Unreachable != "" {
			s.Unreachable += " (" + works + ")"
		}
		if s.Doubtful != "" {
			s.Doubtful += " (if the node has no IPv6 address for \"localhost\", it never does: " + works + ")"
		}
	}
}

// metrics returns where /metrics is served: on a separate listener, else beside the clients.
func metrics(set settings.Settings, s Server) Listener {
	if u, ok := reachable(listenURLs(set.Pattern("listen-metrics-urls"))); ok {
		return Listener{u.scheme, u.port}
	}
	if urls := listenURLs(set.Pattern("listen-client-http-urls")); len(urls) > 0 {
		u, _ := reachable(urls)
		return Listener{u.scheme, u.port} // all HTTP moves there (server/embed/etcd.go)
	}
	if s.Unreachable != "" {
		return Listener{}
	}
	return Listener{s.Scheme, s.Port}
}

// peers returns the listener for peers that a port-forward reaches.
func peers(set settings.Settings) Listener {
	u, _ := reachable(listenURLs(set.Pattern("listen-peer-urls")))
	return Listener{u.scheme, u.port}
}

// forwarded reports whether a port-forward reaches a server that listens on host: it dials "localhost", which is
// 127.0.0.1 on every node.
func forwarded(host string) bool {
	ip := net.ParseIP(host)
	return loopback(host) && (ip == nil || !ip.IsLoopback() || ip.Equal(net.IPv4(127, 0, 0, 1)))
}

// onlyIPv6 reports whether a server on host listens on ::1 only. containerd dials ::1 second, if /etc/hosts of the node
// (not of the pod) has it for "localhost" (internal/cri/server/sandbox_portforward_linux.go).
func onlyIPv6(host string) bool {
	ip := net.ParseIP(host)
	return ip != nil && ip.Equal(net.IPv6loopback)
}

// loopback reports whether a server that listens on host is reached over the pod's loopback.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}

// outsidePorts returns the ports on which clients outside the pod reach the member, as far as they are known.
func outsidePorts(urls []listenURL) []int {
	var ports []int
	for _, u := range urls {
		ip := net.ParseIP(u.host)
		beside := u.host == "localhost" || ip != nil && ip.IsLoopback()
		if !u.socket && u.port != 0 && !beside && !slices.Contains(ports, u.port) {
			ports = append(ports, u.port)
		}
	}
	return ports
}

// podOnly reports whether every URL for clients is on the loopback, as etcd's default is. It returns false if the URLs
// are not known.
func (s Server) podOnly(set settings.Settings) bool {
	urls := set.Get("listen-client-urls")
	if urls == "" && !s.mayBeSet("listen-client-urls") {
		urls = defaultClientURL
	}
	for _, text := range strings.Split(urls, ",") {
		host := hostOf(strings.TrimSpace(text))
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}
