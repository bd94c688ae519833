package proxy

import "strings"

// Environment is the environment with which etcdctl and compatible clients reach the cluster and log in. It lacks
// ETCDCTL_API: 3 has been the default since etcd 3.4, and etcdctl 3.6 warns about that variable.
type Environment struct {
	Endpoints      []string
	HTTP           []string // for HTTP of the same members: /health and the JSON gateway
	Connect        string   // URL of the proxy to the members' advertised addresses
	Files          Files
	SkipVerify     bool
	User, Password string
}

// Variables that only kubectl-etcd defines. etcdctl warns about unknown variables with the prefix ETCDCTL_, and etcd
// about those with ETCD_.
const (
	variableHTTP    = "KUBECTL_ETCD_HTTP_ENDPOINTS"
	variableConnect = "KUBECTL_ETCD_CONNECT_PROXY"
)

// Variables returns the environment as NAME=VALUE. The password is left out unless withPassword is set.
func (e Environment) Variables(withPassword bool) []string {
	var variables []string
	add := func(name, value string) {
		if value != "" {
			variables = append(variables, name+"="+value)
		}
	}
	add("ETCDCTL_ENDPOINTS", strings.Join(e.Endpoints, ","))
	add("ETCDCTL_CACERT", e.Files.CA)
	add("ETCDCTL_CERT", e.Files.Cert)
	add("ETCDCTL_KEY", e.Files.Key)
	if e.SkipVerify {
		add("ETCDCTL_INSECURE_SKIP_TLS_VERIFY", "true")
	}
	add("ETCDCTL_USER", e.User)
	if withPassword {
		add("ETCDCTL_PASSWORD", e.Password)
	}
	add(variableHTTP, strings.Join(e.HTTP, ","))
	add(variableConnect, e.Connect)
	return variables
}

// advertised returns the variables with which a program reaches the members by their advertised addresses. gRPC uses
// the proxy for https with and without TLS (google.golang.org/grpc, proxyURLForTarget). NO_PROXY is emptied, because
// the user's value may exclude such an address. Loopback addresses never go through a proxy
// (golang.org/x/net/http/httpproxy).
func (e Environment) advertised() []string {
	return []string{"HTTPS_PROXY=" + e.Connect, "https_proxy=" + e.Connect, "NO_PROXY=", "no_proxy="}
}
