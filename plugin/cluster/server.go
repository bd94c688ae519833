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
	// defaultClientURL is etcd's default (server/embed/config.go).
	defaultClientURL = "http://localhost:2379"
)

// Server is how one member serves clients and metrics, as far as its pod shows it.
type Server struct {
	Container string // the container of the pod that runs etcd
	Image     string
	Scheme    string // http or https; "" if it is not known
	Port      int    // of clients, on the loopback of the pod; 0 if it is not known
	Host      string // the name that it advertises to clients, which its certificate has to be valid for
	Metrics   Listener
	HTTP      Listener // of clients, if it is separate from gRPC
	Peers     Listener
	TLS       TLS
	DataDir   string
	Quota     string // of the database in bytes, as configured; "" is etcd's default
	Retention string // of history before automatic compaction, as configured; with "" and "0" it is kept forever

	Start Start

	FreePort   bool     // it serves clients on any free port, another one after each start
	Outside    []int    // the client ports that are reachable from outside the pod
	PodOnly    bool     // it listens for clients on the loopback only: clients outside its pod (or node) cannot reach it
	Advertised string   // the first advertised client URL that other pods can reach, or ""
	ClientURLs []string // every advertised client URL that is not on the loopback
	Etcdctl    []string // the names of the ETCDCTL_ variables in the container's environment
	// Unreachable says why a port-forward, which reaches the loopback of the pod, cannot reach etcd, and what works
	// instead; or "".
	Unreachable string
	Local       string // if it is Unreachable: a URL that etcd listens on, for clients inside the pod
	// Doubtful says why a refused port-forward may never reach etcd, and what works instead; or "".
	Doubtful string
	// Fault says which setting keeps etcd from starting, and how to write it; or "".
	Fault string
	// Unknown lists the settings that could not be read, and why.
	Unknown []string
}

// Start is how a member without data finds its cluster.
type Start struct {
	PeerURLs string   // those that it advertises to its peers, or ""
	Initial  []string // the member names in the initial cluster; nil if they are not known
	Existing bool     // it joins an existing cluster
	Fixed    bool     // Existing is set by an argument or a file, or is not known: an environment variable would not change it
}

func (s *Server) readStart(set settings.Settings) {
	const state = "initial-cluster-state"
	s.Start = Start{
		PeerURLs: set.Get("initial-advertise-peer-urls"), Existing: set.Get(state) == "existing",
		Fixed: !set.FromEnv(state) || s.mayBeSet(state),
	}
	for entry := range strings.SplitSeq(set.Get("initial-cluster"), ",") {
		if name, _, ok := strings.Cut(entry, "="); ok {
			s.Start.Initial = append(s.Start.Initial, name)
		}
	}
}

// Listener is where a member serves a protocol; the zero value is nowhere.
type Listener struct {
	Scheme string
	Port   int
}

// defaultQuota is etcd's, in bytes (DefaultQuotaBytes, server/storage/quota.go).
const defaultQuota = 2 << 30

// QuotaBytes returns the quota of the database in bytes, or 0 if there is none or it is not known.
func (s Server) QuotaBytes() int64 {
	if s.Quota == "" && s.mayBeSet("quota-backend-bytes") {
		return 0
	}
	n, err := strconv.ParseInt(cmp.Or(s.Quota, "0"), 10, 64)
	switch {
	case err != nil || n < 0: // a negative quota disables it
		return 0
	case n == 0:
		return defaultQuota
	}
	return n
}

// mayBeSet reports whether a setting that could not be read may set a flag.
func (s Server) mayBeSet(flag string) bool { return mayBeSet(s.Unknown, flag) }

func mayBeSet(unknown []string, flag string) bool {
	return slices.ContainsFunc(unknown, func(text string) bool {
		return !strings.HasPrefix(text, "--") || strings.HasPrefix(text, "--"+flag+":")
	})
}

// readServer reads how a member serves, and its name. The client port of a target replaces the one in the settings.
func readServer(ctx context.Context, o *objects, c *candidate, m *Member, target Target) error {
	pod := c.podOf(*m)
	name := cmp.Or(target.Container, c.container)
	container, ok := etcdContainer(pod.Spec, name)
	if !ok {
		return fmt.Errorf("pod %q in namespace %q has no container %q (containers: %s)", m.PodName, c.namespace, name, describeContainers(pod.Spec))
	}
	if other, ok := etcdContainer(pod.Spec, ""); ok && target.ClientPort == 0 && !settings.Runs(container) {
		return fmt.Errorf("container %q of pod %q in namespace %q runs image %q and has no settings of etcd, but container %q with image %q has "+
			"(omit --container, or pass the port that it serves clients on with --client-port)", container.Name, m.PodName, c.namespace, container.Image, other.Name, other.Image)
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
	server.readStart(s)
	server.TLS = readTLS(s, pod.Spec, container)
	if name := s.Get("name"); name != "" && name != "default" {
		m.Name = name
	}
	m.Server = server
	return nil
}

// advertised returns the first URL whose host is neither a loopback nor an unspecified address.
func advertised(urls string) string {
	for _, text := range strings.Split(urls, ",") {
		text = strings.TrimSpace(text)
		if u, err := url.Parse(text); err == nil && u.Scheme != "" && !loopback(u.Hostname()) {
			return text
		}
	}
	return ""
}

// declaredPort returns the container port for clients in the pod's spec, or 0.
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

// host returns the name of a pod under the headless Service of its StatefulSet, or just the pod's name.
func (c *candidate) host(pod string) string {
	base, _ := Ordinal(pod)
	for _, set := range c.sets {
		if set.Name == base && set.Spec.ServiceName != "" {
			return fmt.Sprintf("%s.%s.%s.svc", pod, set.Spec.ServiceName, set.Namespace)
		}
	}
	return pod
}
