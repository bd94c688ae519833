package cluster

import (
	"net/url"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// gateway returns where HTTP is served to clients apart from gRPC: the first URL of --listen-client-http-urls that a
// port-forward reaches. The zero value is beside gRPC, or nowhere that can be reached.
func gateway(set settings.Settings) Listener {
	for _, u := range urlsOf(set.Pattern("listen-client-http-urls")) {
		if host := u.Hostname(); loopback(host) || strings.Contains(host, "*") { // part of the name is unknown: try it
			return Listener{u.Scheme, portOf(u)}
		}
	}
	return Listener{}
}

// clientURLs returns all URLs that a member advertises to clients and that are about one host, which is not the loopback
// of whoever reads them.
func clientURLs(set settings.Settings) []string {
	var found []string
	for _, u := range urlsOf(set.Get("advertise-client-urls")) {
		if !loopback(u.Hostname()) {
			found = append(found, u.String())
		}
	}
	return found
}

// urlsOf returns those of a list of URLs that are http or https.
func urlsOf(list string) []*url.URL {
	var found []*url.URL
	for _, text := range strings.Split(list, ",") {
		if u, err := url.Parse(strings.TrimSpace(text)); err == nil && (u.Scheme == "http" || u.Scheme == "https") {
			found = append(found, u)
		}
	}
	return found
}
