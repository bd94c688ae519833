package credentials

import (
	"context"
	"fmt"
	"maps"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// NoClientError says that a container has no certificate that the server accepts from a client, but the server demands
// one.
type NoClientError struct {
	container, pod string
	// Flags are the flags with which a client connects over a port-forward.
	Flags string
}

func (e *NoClientError) Error() string {
	return fmt.Sprintf("container %q of pod %q has no certificate that is valid for clients", e.container, e.pod)
}

// InPod returns the certificate that a program in a member's own container has to show to the members, by its paths
// there: what the container's settings name, or else a mounted one that the server accepts from a client. It reads
// Secrets only if the settings name none, and only to choose. It returns a *NoClientError if it is certain that there is
// none.
func InPod(ctx context.Context, kube kubernetes.Interface, namespace string, m cluster.Member) (cluster.Pair, error) {
	t := m.Server.TLS
	if !t.ClientAuth || t.Client.Cert.Path != "" {
		return t.Client, nil
	}
	f := finder{namespace: namespace, contents: read(ctx, kube, FlagValues{skipVerify: true}.wanted(namespace, t))}
	found, unread := f.candidates(t)
	elsewhere := len(found) > 0
	paths := pathsIn(m, found)
	maps.DeleteFunc(found, func(name string, _ *pair) bool { _, ok := paths[name]; return !ok })
	if p := bestForClient(found, nameOf(t.Cert), nameOf(t.Peer)); p != nil {
		return paths[p.secret+"/"+p.certKey], nil
	}
	if len(unread) > 0 {
		return cluster.Pair{}, unread[0]
	}
	if t.Cert.From.Kind != settings.Secret { // its usages cannot be read; most are for servers and clients
		return cluster.Pair{Cert: t.Cert, Key: t.Key}, nil
	}
	return cluster.Pair{}, &NoClientError{m.Server.Container, m.PodName, f.fromOutside(t, elsewhere)}
}

// fromOutside returns the flags for a client outside the pod: a certificate if none of its containers has one, and no
// verification if the server's certificate is not for the loopback.
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

// pathsIn returns the paths of certificates from Secrets in a member's container, by SECRET/KEY.
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
