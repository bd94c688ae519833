package cluster

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

// CertificateSource says who makes the certificates of a cluster of these manifests.
type CertificateSource string

// The sources.
const (
	SourceOff         CertificateSource = "off" // no TLS
	SourceAuto        CertificateSource = "auto"
	SourceCertManager CertificateSource = "cert-manager"
	SourceSecret      CertificateSource = "secret" // the user, who made the Secrets
)

// CertManagerGroup is the API group of cert-manager's resources.
const CertManagerGroup = "cert-manager.io"

// The annotations of the manifests (kustomize/tls.go).
const (
	sourceAnnotation   = "etcd.kubectl.dev/tls"
	tlsNamesAnnotation = "etcd.kubectl.dev/tls-names"
	exposeAnnotation   = "etcd.kubectl.dev/expose"
)

// Source returns the source of the certificates from a bootstrap ConfigMap.
func Source(bootstrap *corev1.ConfigMap) CertificateSource {
	switch source := CertificateSource(bootstrap.Annotations[sourceAnnotation]); {
	case !strings.Contains(bootstrap.Data[EnvInitialCluster], "=https://"):
		return SourceOff
	case source == "":
		return SourceSecret // a user's kustomization has dropped the annotation
	default:
		return source
	}
}

// ExtraNames returns the names in the server's certificate beside the cluster's own, from a bootstrap ConfigMap.
func ExtraNames(bootstrap *corev1.ConfigMap) []string {
	return strings.FieldsFunc(bootstrap.Annotations[tlsNamesAnnotation], func(r rune) bool { return r == ',' })
}

// Public reports whether a client Service has a public load balancer.
func Public(client *corev1.Service) bool { return client.Annotations[exposeAnnotation] == "public" }

// Secrets are the names of the Secrets with the certificates of a cluster of these manifests.
type Secrets struct{ Server, Peer, Client string }

// CertificateSecrets reads the names from a StatefulSet, because a user's kustomization may change them. They are empty
// without TLS.
func CertificateSecrets(set *appsv1.StatefulSet) Secrets {
	of := func(volume string) string {
		volumes := set.Spec.Template.Spec.Volumes
		i := slices.IndexFunc(volumes, func(v corev1.Volume) bool { return v.Name == volume && v.Secret != nil })
		if i < 0 {
			return ""
		}
		return volumes[i].Secret.SecretName
	}
	return Secrets{Server: of("server-tls"), Peer: of("peer-tls"), Client: of("client-tls")}
}
