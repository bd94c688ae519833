package proxy

import "strings"

// Environment is what etcdctl, and all that reads its variables, takes to find the cluster and to log in. ETCDCTL_API is
// not of it: 3 has been the default since etcd 3.4, and etcdctl warns of that variable since 3.6.
type Environment struct {
	Endpoints      []string
	Files          Files
	SkipVerify     bool
	User, Password string
}

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
	return variables
}
