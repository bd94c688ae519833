package proxy

import "strings"

// Environment is what etcdctl, and all that reads its variables, takes to find the cluster and to log in. ETCDCTL_API is
// not of it: 3 has been the default since etcd 3.4, and etcdctl warns of that variable since 3.6.
type Environment struct {
	Endpoints      []string
	HTTP           []string // of the same members, where they serve HTTP: /health, and the JSON gateway
	Connect        string   // the proxy that leads to the members by the addresses that they advertise
	Files          Files
	SkipVerify     bool
	User, Password string
}

// The variables that are ours alone. etcdctl warns of those that begin with ETCDCTL_ and that it does not know, etcd of
// those with ETCD_.
const (
	variableHTTP    = "KUBECTL_ETCD_HTTP_ENDPOINTS"
	variableConnect = "KUBECTL_ETCD_CONNECT_PROXY"
)

// Variables returns them as NAME=VALUE, without the password where it is to be shown.
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

// advertised returns the variables by which a program reaches the members by the addresses that they advertise. gRPC asks
// for the proxy of https whether it speaks TLS or not (google.golang.org/grpc, proxyURLForTarget). What the user's own
// variables leave out may be such an address, and so nothing is left out; the loopback never goes through a proxy
// (golang.org/x/net/http/httpproxy).
func (e Environment) advertised() []string {
	return []string{"HTTPS_PROXY=" + e.Connect, "https_proxy=" + e.Connect, "NO_PROXY=", "no_proxy="}
}
