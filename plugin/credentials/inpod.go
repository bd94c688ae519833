package credentials

import (
	"context"
	"fmt"
	"maps"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// NoClientError says that a container has no certificate that the server takes from a client, where it demands one.
type NoClientError struct {
	container, pod string
	// Flags are those with which the other side of a port-forward gets through.
	Flags string
}

func (e *NoClientError) Error() string {
	return fmt.Sprintf("of the certificates that container %q of pod %q has none is for a client", e.container, e.pod)
}

// InPod returns the certificate that a program in a member's own container is to show to the members, by the paths that
// it has there: what the container's settings name, or, of all that is mounted there, what the server takes from a
// client. Secrets are read only where nothing names it, and only to tell which it is. Where it is known that there is none
// the error is a NoClientError.
func InPod(ctx context.Context, kube kubernetes.Interface, namespace string, m cluster.Member) (cluster.Pair, error) {
	t := m.Server.TLS
	if !t.ClientAuth || t.Client.Cert.Path != "" {
		return t.Client, nil
	}
	f := finder{namespace: namespace, contents: read(ctx, kube, Given{skipVerify: true}.wanted(namespace, t))}
	found, unread := f.candidates(t)
	elsewhere := len(found) > 0
	paths := pathsIn(m, found)
	maps.DeleteFunc(found, func(name string, _ *pair) bool { _, ok := paths[name]; return !ok })
	if p := best(found, nameOf(t.Cert), nameOf(t.Peer)); p != nil {
		return paths[p.secret+"/"+p.certKey], nil
	}
	if len(unread) > 0 {
		return cluster.Pair{}, unread[0]
	}
	if t.Cert.From.Kind != settings.Secret { // nobody can tell from here what it is for, and mostly it is for both
		return cluster.Pair{Cert: t.Cert, Key: t.Key}, nil
	}
	return cluster.Pair{}, &NoClientError{m.Server.Container, m.PodName, f.fromOutside(t, elsewhere)}
}

// fromOutside returns the flags that a client takes which is not in the pod: a certificate where none is found in any of
// its containers, and no verification where the server's is not for the loopback.
func (f finder) fromOutside(t cluster.TLS, found bool) string {
	flags := ""
	if !found {
		flags = " --etcd-cert FILE --etcd-key FILE"
	}
	served, _, err := f.certs(t.Cert)
	if err == nil && served[0].VerifyHostname("127.0.0.1") != nil && served[0].VerifyHostname("localhost") != nil {
		flags += " --etcd-insecure-skip-tls-verify"
	}
	return flags
}

// pathsIn returns where certificates of Secrets are in the container of a member.
func pathsIn(m cluster.Member, found map[string]*pair) map[string]cluster.Pair {
	paths := map[string]cluster.Pair{}
	c, known := m.Container()
	if !known {
		return paths
	}
	for name, p := range found {
		cert, key := settings.PathOf(m.Pod.Spec, c, p.secret, p.certKey), settings.PathOf(m.Pod.Spec, c, p.secret, p.keyKey)
		if cert != "" && key != "" {
			paths[name] = cluster.Pair{Cert: cluster.File{Path: cert}, Key: cluster.File{Path: key}}
		}
	}
	return paths
}
