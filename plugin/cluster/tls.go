package cluster

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// TLS is where a member's certificates are, as its pod shows it. It has none of their content.
type TLS struct {
	Cert, Key  File // of the server
	TrustedCA  File // verifies client certificates
	ClientAuth bool // the server demands client certificates
	CertUsers  bool // the common name of a client's certificate is its user: needs --client-cert-auth, not just a CA
	Auto       bool // --auto-tls: etcd makes certificates that no client can verify

	Client   Pair     // what an etcdctl in the container, or its probes, are configured to use
	ClientCA File     // the CA with which they verify the server
	Peer     File     // the certificate between members: not for clients
	Secrets  []string // every Secret that the pod's containers mount
}

// Pair is a certificate with its key.
type Pair struct{ Cert, Key File }

// File is a file in a container, and where its content comes from; the zero value is no file.
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
	// With a CA but without --client-cert-auth, etcd demands client certificates (client/pkg/transport/listener.go), but
	// takes no user from them (AuthInfoFromCtx, server/etcdserver/v3_server.go).
	t.ClientAuth = t.CertUsers || t.TrustedCA.Path != ""
	return t
}

// mountedSecrets returns the names of the Secrets that the containers of a pod mount as files.
func mountedSecrets(spec corev1.PodSpec) []string {
	var names []string
	for _, v := range spec.Volumes {
		mounted := slices.ContainsFunc(longRunning(spec), func(c corev1.Container) bool {
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
