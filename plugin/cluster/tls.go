package cluster

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// TLS is what a member's pod tells of its certificates: where they are, never what they hold.
type TLS struct {
	Cert, Key  File // of the server
	TrustedCA  File // what client certificates are verified with
	ClientAuth bool // client certificates are demanded
	CertUsers  bool // the common name of a client's certificate is its user: --client-cert-auth, which a CA alone is not
	Auto       bool // etcd makes certificates of its own that nobody can verify

	Client   Pair     // what an etcdctl in the container, or its probes, is told to use
	ClientCA File     // and what it verifies the server with
	Peer     File     // the certificate that members use among themselves: no client's
	Secrets  []string // all that the pod's containers mount
}

// Pair is a certificate with its key.
type Pair struct{ Cert, Key File }

// File is a file in a container, and where it comes from; the zero value is none.
type File struct {
	Path string
	From settings.Location
}

func readTLS(s settings.Settings, spec corev1.PodSpec, c corev1.Container) TLS {
	at := func(path string) File {
		if path == "" {
			return File{}
		}
		return File{path, settings.Locate(spec, c, path)}
	}
	t := TLS{
		Cert: at(s.Get("cert-file")), Key: at(s.Get("key-file")), TrustedCA: at(s.Get("trusted-ca-file")),
		CertUsers: s.Bool("client-cert-auth"), Auto: s.Bool("auto-tls"),
		Client:   Pair{at(s.Etcdctl(c, "cert")), at(s.Etcdctl(c, "key"))},
		ClientCA: at(s.Etcdctl(c, "cacert")),
		Peer:     at(s.Get("peer-cert-file")),
		Secrets:  mountedSecrets(spec),
	}
	// A CA alone makes etcd demand client certificates (client/pkg/transport/listener.go), but take no user from them
	// (AuthInfoFromCtx, server/etcdserver/v3_server.go).
	t.ClientAuth = t.CertUsers || t.TrustedCA.Path != ""
	return t
}

// mountedSecrets returns the names of the Secrets that some container of a pod has as files.
func mountedSecrets(spec corev1.PodSpec) []string {
	var names []string
	for _, v := range spec.Volumes {
		mounted := slices.ContainsFunc(lasting(spec), func(c corev1.Container) bool {
			return slices.ContainsFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
		})
		if !mounted {
			continue
		}
		if v.Secret != nil {
			names = append(names, v.Secret.SecretName)
		}
		if v.Projected != nil {
			for _, source := range v.Projected.Sources {
				if source.Secret != nil {
					names = append(names, source.Secret.Name)
				}
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
