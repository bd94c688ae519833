package cluster

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

const (
	defaultClientPort = 2379
	// defaultClientURL is what etcd listens on where it is told nothing (server/embed/config.go).
	defaultClientURL = "http://localhost:2379"
)

// Server is how one member serves clients and metrics, as far as its pod tells.
type Server struct {
	Container string // the container of the pod that runs etcd
	Image     string
	Scheme    string // http or https; "" where it could not be told
	Port      int    // of clients, on the loopback of the pod
	Host      string // the name that it advertises to clients, which its certificate is for
	Metrics   Listener
	HTTP      Listener // of clients, where that is apart from gRPC
	Peers     Listener
	TLS       TLS
	DataDir   string
	Quota     string // of the database, as it is configured; "" is etcd's default
	Retention string // of history before it is compacted automatically; "" and "0" are for ever

	Start Start

	FreePort   bool     // it serves clients on whatever port is free when it starts
	Outside    []int    // the ports of clients on which others than its pod reach it
	PodOnly    bool     // it listens for clients on the loopback alone: only containers of its own pod (or node) reach it
	Advertised string   // the first URL that it advertises to clients and that other pods can reach, or ""
	ClientURLs []string // all of them
	Etcdctl    []string // the names of the ETCDCTL_ variables in the container's environment
	// Unreachable says why a port-forward, which reaches the loopback of the pod, cannot reach etcd, and what works; or "".
	Unreachable string
	Local       string // where it is Unreachable: a URL that etcd listens on, for who is in the pod
	// Doubtful says why a port-forward that was refused may never reach etcd, and what works; or "".
	Doubtful string
	// Fault is what in the settings keeps etcd from starting, and how it is to be written; or "".
	Fault string
	// Unknown is what could not be told of the settings, and why.
	Unknown []string
}

// Start is how a member comes by its cluster where it has no data.
type Start struct {
	PeerURLs string   // that it advertises to its peers, or ""
	Initial  []string // the names in the initial cluster; nil is not known
	Existing bool     // it joins an existing cluster
	Fixed    bool     // whether it does is told by an argument or a file, or cannot be told: a variable would not change it
}

func (s *Server) starts(set settings.Settings) {
	const state = "initial-cluster-state"
	s.Start = Start{
		PeerURLs: set.Get("initial-advertise-peer-urls"), Existing: set.Get(state) == "existing",
		Fixed: !set.FromEnv(state) || s.mayHold(state),
	}
	for entry := range strings.SplitSeq(set.Get("initial-cluster"), ",") {
		if name, _, ok := strings.Cut(entry, "="); ok {
			s.Start.Initial = append(s.Start.Initial, name)
		}
	}
}

// Listener is where a member serves something of its own; the zero value is nowhere.
type Listener struct {
	Scheme string
	Port   int
}

// defaultQuota is etcd's (DefaultQuotaBytes, server/storage/quota.go).
const defaultQuota = 2 << 30

// QuotaBytes returns the quota of the database, or 0 where it has none or it cannot be told.
func (s Server) QuotaBytes() int64 {
	if s.Quota == "" && s.mayHold("quota-backend-bytes") {
		return 0
	}
	n, err := strconv.ParseInt(cmp.Or(s.Quota, "0"), 10, 64)
	switch {
	case err != nil || n < 0: // a negative one is none
		return 0
	case n == 0:
		return defaultQuota
	}
	return n
}

// mayHold reports whether a flag may be set where it could not be read.
func (s Server) mayHold(flag string) bool { return mayHold(s.Unknown, flag) }

func mayHold(unknown []string, flag string) bool {
	return slices.ContainsFunc(unknown, func(text string) bool {
		return !strings.HasPrefix(text, "--") || strings.HasPrefix(text, "--"+flag+":")
	})
}

// readServer reads how a member serves. The port that a target gives settles it where the settings do not tell.
func readServer(ctx context.Context, o *objects, c *candidate, m *Member, target Target) error {
	pod := c.podOf(*m)
	name := cmp.Or(target.Container, c.container)
	container, ok := etcdContainer(pod.Spec, name)
	if !ok {
		return fmt.Errorf("pod %q in namespace %q has no container %q: it has %s", m.PodName, c.namespace, name, containers(pod.Spec))
	}
	if other, ok := etcdContainer(pod.Spec, ""); ok && target.ClientPort == 0 && !settings.Runs(container) {
		return fmt.Errorf("container %q of pod %q in namespace %q runs image %q and shows no settings of etcd: container %q with image %q does "+
			"(leave --container out, or say where it serves clients with --client-port)", container.Name, m.PodName, c.namespace, container.Image, other.Name, other.Image)
	}
	s, err := settings.Read(ctx, pod, container, o)
	if err != nil {
		return err
	}
	server := Server{
		Container: container.Name, Image: container.Image, DataDir: s.Get("data-dir"),
		Quota: s.Get("quota-backend-bytes"), Retention: s.Get("auto-compaction-retention"), Unknown: s.Unknown(),
		Fault: s.Fault(),
	}
	server.listen(s, container, target.ClientPort)
	server.Host = hostOf(first(s.Get("advertise-client-urls")))
	if server.Host == "" || server.Host == "localhost" {
		server.Host = c.host(m.PodName)
	}
	server.PodOnly = server.podOnly(s)
	server.Advertised = advertised(s.Get("advertise-client-urls"))
	server.Etcdctl = s.Variables("ETCDCTL_")
	server.ClientURLs, server.HTTP = clientURLs(s), gateway(s)
	server.Metrics = metrics(s, server)
	server.Peers = peers(s)
	server.starts(s)
	server.TLS = readTLS(s, pod.Spec, container)
	if name := s.Get("name"); name != "" && name != "default" {
		m.Name = name
	}
	m.Server = server
	return nil
}

// advertised returns the first URL that is not about the loopback of whoever reads it.
func advertised(urls string) string {
	for _, text := range strings.Split(urls, ",") {
		text = strings.TrimSpace(text)
		if u, err := url.Parse(text); err == nil && u.Scheme != "" && !loopback(u.Hostname()) {
			return text
		}
	}
	return ""
}

// declaredPort returns the port that the container declares for clients, or 0.
func declaredPort(c corev1.Container) int {
	for _, p := range c.Ports {
		if p.ContainerPort == defaultClientPort || strings.Contains(p.Name, "client") {
			return int(p.ContainerPort)
		}
	}
	return 0
}

func first(urls string) string {
	u, _, _ := strings.Cut(urls, ",")
	return strings.TrimSpace(u)
}

func hostOf(text string) string {
	u, err := url.Parse(text)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func portOf(u *url.URL) int {
	if port, err := strconv.Atoi(u.Port()); err == nil {
		return port
	}
	return defaultClientPort
}

// host is the name of a pod under the headless Service of its StatefulSet, or the pod's name alone.
func (c *candidate) host(pod string) string {
	base, _ := Ordinal(pod)
	for _, set := range c.sets {
		if set.Name == base && set.Spec.ServiceName != "" {
			return fmt.Sprintf("%s.%s.%s.svc", pod, set.Spec.ServiceName, set.Namespace)
		}
	}
	return pod
}
