// Package kustomize turns a user's choices into the manifests of an etcd cluster.
//
// It builds the very files of base/, overlays/ and components/ under a top
// kustomization that it writes itself, so that what the plugin applies is what
// "kubectl kustomize" makes of an exported folder, byte for byte.
package kustomize

// Exposure says who can reach the client Service.
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

// Options are what a user may choose about a cluster's manifests. The zero value
// of a field keeps what the overlay has, Overlay aside, which must be named.
type Options struct {
	// Name of the cluster; its objects are NAME and NAME-something.
	Name string
	// Namespace of the objects; they have none when it is empty, and go where
	// kubectl's context points.
	Namespace string
	// Overlay is the name of a folder of overlays/.
	Overlay string
	// Replicas is the member count.
	Replicas int
	// Storage is the size of each member's volume, a Kubernetes quantity.
	Storage string
	// Volume is the size of volumes that there are already, where that is known: they may
	// have been grown since. Nothing is rendered from it; a quota is judged by it.
	Volume string
	// Quota is the size from which etcd's database refuses writes, a Kubernetes quantity.
	Quota string
	// StorageClass is an existing class, taken instead of the overlay's own.
	StorageClass string
	// EtcdVersion is the server's version, with or without a leading v.
	EtcdVersion string
	// Image is the repository of the etcd image without a tag, for mirrors.
	Image string
	// Expose makes the client Service a LoadBalancer; empty is ExposeNone.
	Expose Exposure
	// TLS says where certificates are from; the zero value is what the base has, which
	// is none.
	TLS TLS
	// Secrets are those of your own, with TLSSecret; their zero values are the names
	// of a cluster's own.
	Secrets Secrets
	// Names are what the server's certificate is for beside the cluster's own names,
	// where it is made here: DNS names and addresses.
	Names []string
	// NetworkPolicy lets only members, pods that are marked as clients, and what
	// collects metrics reach the members.
	NetworkPolicy bool
	// Drillable lets a drill signal etcd from another container of its pod: they
	// share one process namespace.
	Drillable bool
	// Force allows what is refused as unwise but works: even or many members, a
	// volume that is small for the quota.
	Force bool
	// Kept says which choices are those of a cluster that exists.
	Kept Kept
}

// Kept are choices that were accepted before, and are not refused as unwise.
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
