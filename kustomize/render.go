package kustomize

import (
	"fmt"
	"path"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/api/resmap"
	"sigs.k8s.io/kustomize/kyaml/filesys"

	"github.com/kubectl-etcd/kubectl-etcd/overlays"
)

// Manifests are the objects of one cluster.
type Manifests struct {
	// YAML is what "kubectl kustomize" prints for the exported folder.
	YAML []byte
	// Objects are the objects in YAML, in the same order.
	Objects []*unstructured.Unstructured
	// Notes are warnings for the user about the options.
	Notes []string
}

// Render validates the options and builds the manifests. Equal options give equal bytes.
func Render(o Options) (*Manifests, error) {
	list, err := files(o)
	if err != nil {
		return nil, err
	}
	built, err := build(list)
	if err != nil {
		return nil, err
	}
	m := &Manifests{}
	if m.YAML, err = built.AsYaml(); err != nil {
		return nil, err
	}
	if m.Objects, err = objects(built); err != nil {
		return nil, err
	}
	m.Notes, err = notes(o)
	return m, err
}

// Export calls write for every file of a kustomization that plain kubectl builds to
// the bytes that Render returns. Names are relative and have slashes. The order of
// calls is fixed, and the first error ends the export.
func Export(o Options, write func(name string, data []byte) error) error {
	list, err := files(o)
	if err != nil {
		return err
	}
	for _, f := range list {
		if err := write(f.name, f.data); err != nil {
			return fmt.Errorf("write %s: %w", f.name, err)
		}
	}
	return nil
}

func files(o Options) ([]file, error) {
	if err := o.Validate(); err != nil {
		return nil, err
	}
	list, err := sources(o)
	if err != nil {
		return nil, err
	}
	data, err := topKustomization(o, parse(list))
	if err != nil {
		return nil, err
	}
	return append([]file{{name: "kustomization.yaml", data: data}}, list...), nil
}

func build(list []file) (resmap.ResMap, error) {
	fsys := filesys.MakeFsInMemory()
	for _, f := range list {
		if err := fsys.WriteFile(path.Join("/", f.name), f.data); err != nil {
			return nil, err
		}
	}
	options := krusty.MakeDefaultOptions()
	// kubectl's order, which is not krusty's default.
	options.Reorder = krusty.ReorderOptionLegacy
	return krusty.MakeKustomizer(options).Run(fsys, "/")
}

func objects(built resmap.ResMap) ([]*unstructured.Unstructured, error) {
	list := make([]*unstructured.Unstructured, 0, built.Size())
	for _, r := range built.Resources() {
		data, err := r.MarshalJSON()
		if err != nil {
			return nil, err
		}
		u := &unstructured.Unstructured{}
		if err := u.UnmarshalJSON(data); err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

func notes(o Options) ([]string, error) {
	overlay, err := readOverlay(overlays.Files, o.Overlay)
	if err != nil {
		return nil, err
	}
	var list []string
	if o.TLS == TLSOff {
		list = append(list, "no TLS: every client that reaches a member can read and write all keys, anyone on the network path can read the traffic, and every process that reaches the peer port can join the cluster (use --tls auto for a new cluster)")
	}
	if o.Expose == ExposeInternal && !overlay.InternalBalancer {
		address := "every network that reaches its address"
		if overlay.PlainIsPublic {
			address = "the internet"
		}
		list = append(list, fmt.Sprintf("the %s overlay has no internal balancer kind; the client Service is a plain LoadBalancer, reachable from %s", o.Overlay, address))
	}
	if o.NetworkPolicy && (o.Expose == ExposeInternal || o.Expose == ExposePublic) {
		list = append(list, "if the network enforces NetworkPolicies, the NetworkPolicy blocks connections through the load balancer (allow the nodes and the clients with a policy of your own: docs/security.md)")
	}
	if n := o.replicas(); n-quorum(n) == 0 {
		list = append(list, "a cluster of one or two members does not survive the loss of a member: each restart is an outage")
	}
	more, err := quotaNotes(o)
	return append(list, more...), err
}
