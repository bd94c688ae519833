package etcdctl

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// globals returns the global flags that etcdctl needs to find the members and to trust them, as far as neither the
// user nor the container's environment gives them. A flag and its variable together end etcdctl (etcd,
// pkg/flags/flag.go, verifyEnv), even where the variable is empty.
func globals(args []string, at cluster.Member, asked []cluster.Member) []string {
	given := func(flags ...string) bool {
		return slices.ContainsFunc(flags, func(f string) bool { return isGiven(f, args, at.Server.Etcdctl) })
	}
	var flags []string
	add := func(flag, value string) {
		if value != "" {
			flags = append(flags, "--"+flag+"="+value)
		}
	}
	if !given("endpoints", "discovery-srv") {
		add("endpoints", strings.Join(endpoints(at, asked), ","))
	}
	if at.Server.Scheme != "https" {
		return flags
	}
	t := at.Server.TLS
	if !given("cacert") {
		add("cacert", t.TrustedCA.Path)
	}
	if t.ClientAuth && !given("cert", "key") {
		add("cert", t.Cert.Path)
		add("key", t.Key.Path)
	}
	return flags
}

func isGiven(flag string, args, variables []string) bool {
	if slices.Contains(variables, "ETCDCTL_"+strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))) {
		return true
	}
	for _, a := range args {
		if a == "--" {
			break // what follows is no flag of etcdctl's
		}
		if a == "--"+flag || strings.HasPrefix(a, "--"+flag+"=") {
			return true
		}
	}
	return false
}

// endpoints returns what the members advertise, because their certificates are for that. Where they advertise nothing
// that another pod reaches, the member is asked in whose pod etcdctl runs.
func endpoints(at cluster.Member, asked []cluster.Member) []string {
	var urls []string
	for _, m := range asked {
		if m.Server.Advertised != "" {
			urls = append(urls, m.Server.Advertised)
		}
	}
	if len(urls) == 0 {
		urls = []string{fmt.Sprintf("%s://localhost:%d", at.Server.Scheme, at.Server.Port)}
	}
	return urls
}
