// Package kustomize turns a user's options into the manifests of an etcd cluster.
//
// It builds the embedded files of base/, overlays/ and components/, unchanged, under
// a top kustomization that it generates. The manifests that the plugin applies are
// therefore, byte for byte, those that "kubectl kustomize" builds from an exported folder.
package kustomize

// Exposure is how the client Service is exposed outside the Kubernetes cluster.
type Exposure string

const (
	// ExposeNone keeps the client Service inside the Kubernetes cluster.
	ExposeNone Exposure = "none"
	// ExposeInternal gives it a load balancer inside the cloud's private network.
	ExposeInternal Exposure = "internal"
	// ExposePublic gives it a public load balancer.
	ExposePublic Exposure = "public"
)

const (
	// DefaultName is the cluster's name in base.
	DefaultName = "etcd"
	// DefaultReplicas is the member count in base.
	DefaultReplicas = 3
)

// Options are a user's options for a cluster's manifests. The zero value of a field
// keeps the overlay's value. Overlay is required.
type Options struct {
	// Name of the cluster; its objects are called NAME and NAME-something.
	Name string
	// Namespace of the objects. If it is empty, they have none and go to the
	// namespace of kubectl's context.
	Namespace string
	// Overlay is the name of a folder of overlays/.
	Overlay string
	// Replicas is the member count.
	Replicas int
	// Storage is the size of each member's volume, a Kubernetes quantity.
	Storage string
	// Volume is the size of the existing volumes, if known: they may have been expanded.
	// It is not rendered, only compared with the quota.
	Volume string
	// Quota is the database size at which etcd refuses writes, a Kubernetes quantity.
	Quota string
	// StorageClass is an existing class to use instead of the overlay's own.
	StorageClass string
	// EtcdVersion is the server's version, with or without a leading v.
	EtcdVersion string
	// Image is the repository of the etcd image without a tag, for mirrors.
	Image string
	// Expose makes the client Service a LoadBalancer; empty is ExposeNone.
	Expose Exposure
	// TLS is the source of the certificates; the zero value is the base's, which has
	// no TLS.
	TLS TLS
	// Secrets are the user's own Secrets, for TLSSecret. An empty name is that of
	// DefaultSecrets.
	Secrets Secrets
	// Names are additional DNS names and IP addresses for the server's certificate,
	// for TLSAuto and TLSCertManager.
	Names []string
	// NetworkPolicy admits only members, pods that are labelled as clients, and
	// metrics collectors to the members.
	NetworkPolicy bool
	// Drillable shares the process namespace of a pod's containers, so that a drill
	// can signal etcd from another container.
	Drillable bool
	// Force allows options that work but are unwise: an even or a large number of
	// members, a volume that is small for the quota.
	Force bool
	// Kept marks the options that Keep took from the running cluster.
	Kept Kept
}

// Kept marks options that were accepted before. They are not refused as unwise.
type Kept struct{ Replicas, Storage, Quota bool }

func (o Options) name() string {
	if o.Name == "" {
		return DefaultName
	}
	return o.Name
}

func (o Options) replicas() int {
	if o.Replicas == 0 {
		return DefaultReplicas
	}
	return o.Replicas
}
