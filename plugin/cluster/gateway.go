package cluster

import (
	"net/url"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// gateway returns where clients are served HTTP separately from gRPC: the first URL of --listen-client-http-urls that a
// port-forward reaches. The zero value means that HTTP is served beside gRPC, or that no port-forward reaches it.
func gateway(set settings.Settings) Listener {
	for _, u := range urlsOf(set.Pattern("listen-client-http-urls")) {
		if host := u.Hostname(); loopback(host) || strings.Contains(host, "*") { // part of the name is unknown: try it
			return Listener{u.Scheme, portOf(u)}
		}
	}
	return Listener{}
}

// clientURLs returns the URLs that a member advertises to clients, without those that mean another host to every reader:
// loopback and unspecified addresses.
func clientURLs(set settings.Settings) []string {
	var found []string
	for _, u := range urlsOf(set.Get("advertise-client-urls")) {
		if !loopback(u.Hostname()) {
			found = append(found, u.String())
		}
	}
	return found
}

// urlsOf returns the http and https URLs of a comma-separated list.
func urlsOf(list string) []*url.URL {
	var found []*url.URL
	for _, text := range strings.Split(list, ",") {
		if u, err := url.Parse(strings.TrimSpace(text)); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			found = append(found, u)
		}
	}
	return found
}
