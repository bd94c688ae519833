package credentials

import (
	"context"
	"crypto/x509"
	"maps"
	"slices"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// CAInPod returns the file in a member's own container with which a program there verifies the member's certificate: the
// CA for client certificates or any other that the pod mounts, if it verifies the certificate; else the certificate
// itself. found is false if that cannot be determined, because the API server does not have the certificate or its CAs,
// or the caller may not read them.
func CAInPod(ctx context.Context, kube kubernetes.Interface, namespace string, m cluster.Member) (path string, found bool) {
	t := m.Server.TLS
	container, known := m.Container()
	if !known || len(locations(t.Cert)) == 0 {
		return "", false
	}
	var wanted []object
	for _, file := range []cluster.File{t.Cert, t.TrustedCA} {
		for _, l := range locations(file) {
			wanted = append(wanted, object{l.Kind, namespace, l.Name})
		}
	}
	for _, name := range t.Secrets {
		wanted = append(wanted, object{settings.Secret, namespace, name})
	}
	f := finder{namespace: namespace, contents: read(ctx, kube, wanted)}
	server, _, err := f.certs(t.Cert)
	if err != nil {
		return "", false
	}
	verifies := func(certs []*x509.Certificate) bool {
		return (&authority{certs: certs}).verifies(server, x509.ExtKeyUsageServerAuth)
	}
	if certs, _, err := f.certs(t.TrustedCA); err == nil && verifies(certs) {
		return t.TrustedCA.Path, true
	}
	for _, name := range slices.Compact(append([]string{t.Cert.From.Name}, t.Secrets...)) {
		c := f.contents[object{settings.Secret, namespace, name}]
		for _, key := range slices.Sorted(maps.Keys(c.data)) {
			certs, err := parseCerts(c.data[key])
			if err != nil || !isAuthority(certs[0]) || !verifies(certs) {
				continue
			}
			if path := settings.PathOf(m.Pod.Spec, container, name, key); path != "" {
				return path, true
			}
		}
	}
	if t.TrustedCA.Path != "" && len(locations(t.TrustedCA)) == 0 {
		return "", false // the CA on the node may be the one
	}
	return t.Cert.Path, true
}
