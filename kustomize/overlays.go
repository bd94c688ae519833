package kustomize

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/yaml"

	"github.com/kubectl-etcd/kubectl-etcd/overlays"
)

const (
	// providerAnnotation, in an overlay's kustomization.yaml, lists the node.spec.providerID
	// values that the overlay is for: schemes, and patterns with a * that match a whole
	// providerID without a scheme.
	providerAnnotation = "etcd.kubectl.dev/provider-id"
	// diskTypeAnnotation names the StorageClass parameter with the disk type.
	diskTypeAnnotation = "etcd.kubectl.dev/disk-type"
	// publicAnnotation has YAML: the annotations of the client Service for a public load
	// balancer, null for an annotation to remove.
	publicAnnotation = "etcd.kubectl.dev/public-service"
	// plainAnnotation is "public" if a LoadBalancer without annotations has an address on
	// the internet, and the cloud has no annotation for an internal one that works in
	// every cluster.
	plainAnnotation = "etcd.kubectl.dev/plain-balancer"
	// noProviderID, in the list of providerAnnotation, is for nodes without a providerID.
	noProviderID = "none"
)

// Overlay holds the properties of an overlay. They come from the overlay's own files,
// so a new cloud needs only a folder.
type Overlay struct {
	Name string
	// Provisioner and DiskType are those of the overlay's StorageClass. They are empty if
	// it uses the cluster's default StorageClass.
	Provisioner, DiskType string
	// ProviderIDs are schemes of node.spec.providerID, or patterns of the whole value
	// (path.Match) for clouds that write it without a scheme. "none" is for nodes without
	// a providerID.
	ProviderIDs []string
	// InternalBalancer is true if the client Service has the cloud's annotation for a
	// load balancer inside its private network.
	InternalBalancer bool
	// PlainIsPublic is true if a load balancer without annotations is reachable from the
	// internet.
	PlainIsPublic bool
	// PublicService are the annotations to set for a public load balancer; nil removes
	// one.
	PublicService map[string]*string
}

// LocalOverlay is the overlay that works without a cloud.
const LocalOverlay = "local"

// Overlays returns all overlays, sorted by name.
func Overlays() ([]Overlay, error) {
	return readOverlays(overlays.Files)
}

func readOverlays(fsys fs.FS) ([]Overlay, error) {
	names, err := folders(fsys)
	if err != nil {
		return nil, err
	}
	list := make([]Overlay, 0, len(names))
	for _, name := range names {
		o, err := readOverlay(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("overlay %s: %w", name, err)
		}
		list = append(list, o)
	}
	return list, nil
}

func overlayNames() ([]string, error) { return folders(overlays.Files) }

func folders(fsys fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

func readOverlay(fsys fs.FS, name string) (Overlay, error) {
	o := Overlay{Name: name}
	data, err := fs.ReadFile(fsys, path.Join(name, "kustomization.yaml"))
	if err != nil {
		return o, err
	}
	var k types.Kustomization
	if err := yaml.Unmarshal(data, &k); err != nil {
		return o, err
	}
	diskType, err := o.readAnnotations(k.MetaData)
	if err != nil {
		return o, err
	}
	docs, err := documents(fsys, name)
	if err != nil {
		return o, err
	}
	for _, d := range docs {
		switch d.Kind {
		case "StorageClass":
			o.Provisioner, o.DiskType = d.Provisioner, d.Parameters[diskType]
		case "Service":
			// A client Service has no annotations other than those for its load balancer.
			o.InternalBalancer = o.InternalBalancer || len(d.Metadata.Annotations) > 0
		}
	}
	return o, nil
}

// readAnnotations reads the kustomization's annotations into o and returns the name of the StorageClass parameter with
// the disk type.
func (o *Overlay) readAnnotations(meta *types.ObjectMeta) (diskType string, err error) {
	if meta == nil {
		return "type", nil
	}
	o.ProviderIDs = splitList(meta.Annotations[providerAnnotation])
	for _, id := range o.ProviderIDs {
		if _, err := path.Match(id, ""); err != nil {
			return "", fmt.Errorf("annotation %s: %q: %w", providerAnnotation, id, err)
		}
	}
	o.PlainIsPublic = meta.Annotations[plainAnnotation] == "public"
	if err := yaml.Unmarshal([]byte(meta.Annotations[publicAnnotation]), &o.PublicService); err != nil {
		return "", fmt.Errorf("annotation %s: %w", publicAnnotation, err)
	}
	if p := meta.Annotations[diskTypeAnnotation]; p != "" {
		return p, nil
	}
	return "type", nil
}

func splitList(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// Detect returns the overlay for the nodes of a Kubernetes cluster, given their
// spec.providerID. It fails if there are no nodes, if no overlay matches a node, or if the
// nodes match several overlays, because pods may run on any of them.
func Detect(providerIDs []string) (Overlay, error) {
	list, err := Overlays()
	if err != nil {
		return Overlay{}, err
	}
	return detect(list, providerIDs)
}

func detect(list []Overlay, providerIDs []string) (Overlay, error) {
	if len(providerIDs) == 0 {
		return Overlay{}, errors.New("the overlay cannot be detected without nodes (choose one with --overlay)")
	}
	found := map[string]Overlay{}
	for _, id := range slices.Sorted(slices.Values(providerIDs)) {
		i := slices.IndexFunc(list, func(o Overlay) bool { return o.isFor(id) })
		if i < 0 {
			return Overlay{}, fmt.Errorf("no overlay for nodes whose providerID begins with %q (choose one with --overlay)", scheme(id))
		}
		found[list[i].Name] = list[i]
	}
	names := slices.Sorted(maps.Keys(found))
	if len(names) > 1 {
		return Overlay{}, fmt.Errorf("the nodes belong to several overlays: %s (choose one with --overlay)", strings.Join(names, ", "))
	}
	return found[names[0]], nil
}

// isFor reports whether the overlay is for nodes with this providerID.
func (o Overlay) isFor(providerID string) bool {
	return slices.ContainsFunc(o.ProviderIDs, func(want string) bool {
		if !strings.Contains(want, "*") {
			return want == scheme(providerID)
		}
		ok, err := path.Match(want, providerID)
		return ok && err == nil
	})
}

// scheme returns the part before the colon, the whole providerID if it has no colon, or noProviderID if it is empty.
func scheme(providerID string) string {
	if providerID == "" {
		return noProviderID
	}
	s, _, _ := strings.Cut(providerID, ":")
	return s
}
