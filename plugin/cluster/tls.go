package cluster

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// TLS is what a member's pod tells of its certificates: where they are, never what they hold.
type TLS struct {
	Cert, Key  File
	TrustedCA  File // what client certificates are verified with
	ClientAuth bool // client certificates are demanded
	Auto       bool // etcd makes certificates of its own that nobody can verify
}

// File is a file in a container, and where it comes from; the zero value is none.
type File struct {
	Path string
	From settings.Location
}

func readTLS(s settings.Settings, spec corev1.PodSpec, c corev1.Container) TLS {
	file := func(flag string) File {
		path := s.Get(flag)
		if path == "" {
			return File{}
		}
		return File{path, settings.Locate(spec, c, path)}
	}
	t := TLS{
		Cert: file("cert-file"), Key: file("key-file"), TrustedCA: file("trusted-ca-file"),
		ClientAuth: s.Bool("client-cert-auth"), Auto: s.Bool("auto-tls"),
	}
	// A CA alone makes etcd demand client certificates (client/pkg/transport/listener.go).
	t.ClientAuth = t.ClientAuth || t.TrustedCA.Path != ""
	return t
}
