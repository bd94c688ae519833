package etcdctl

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// globals returns the global flags that etcdctl needs to find the members and to trust them, as far as neither the
// user nor the container's environment gives them. A flag and its variable together end etcdctl (etcd,
// pkg/flags/flag.go, verifyEnv), even where the variable is empty.
func (r Run) globals(at cluster.Member, asked []cluster.Member) []string {
	given := func(flags ...string) bool {
		return slices.ContainsFunc(flags, func(f string) bool { return isGiven(f, r.Args, at.Server.Etcdctl) })
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
	if !given("cacert") && !r.SkipVerify {
		add("cacert", authority(at.Server.TLS))
	}
	if client := pair(at.Server.TLS); !given("cert", "key") {
		add("cert", client.Cert.Path)
		add("key", client.Key.Path)
	}
	if r.SkipVerify && !given("insecure-skip-tls-verify") {
		add("insecure-skip-tls-verify", "true")
	}
	return flags
}

// authority returns the file in the pod that the members' certificates are verified with: what an etcdctl there is told
// to use, the CA for clients' certificates, which is mostly the same, or one beside the server's certificate, where
// cert-manager and others put it into the same Secret.
func authority(t cluster.TLS) string {
	switch {
	case t.ClientCA.Path != "":
		return t.ClientCA.Path
	case t.TrustedCA.Path != "":
		return t.TrustedCA.Path
	case t.Cert.From.Kind == settings.Secret:
		return path.Join(path.Dir(t.Cert.Path), "ca.crt")
	}
	return ""
}

// pair returns the client certificate in the pod, where one is demanded: what an etcdctl there is told to use, or the
// server's own.
func pair(t cluster.TLS) cluster.Pair {
	switch {
	case !t.ClientAuth:
		return cluster.Pair{}
	case t.Client.Cert.Path != "":
		return t.Client
	}
	return cluster.Pair{Cert: t.Cert, Key: t.Key}
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
