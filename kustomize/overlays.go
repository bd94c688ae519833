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
	// providerAnnotation of an overlay's kustomization.yaml lists what node.spec.providerID
	// it is for: schemes, and patterns (those with a *) of the whole where it has none.
	providerAnnotation = "etcd.kubectl.dev/provider-id"
	// diskTypeAnnotation names the StorageClass parameter that says the disk type.
	diskTypeAnnotation = "etcd.kubectl.dev/disk-type"
	// publicAnnotation is YAML: the annotations of the client Service that make its
	// balancer a public one, null for one that goes.
	publicAnnotation = "etcd.kubectl.dev/public-service"
	// plainAnnotation is "public" where a LoadBalancer without annotations has an address
	// on the internet, and no annotation gives every cluster of that cloud another.
	plainAnnotation = "etcd.kubectl.dev/plain-balancer"
	// noProviderID stands in the list for nodes without a providerID.
	noProviderID = "none"
)

// Overlay is what an overlay's own files say about it, so that a folder is all
// that a new cloud needs.
type Overlay struct {
	Name string
	// Provisioner and DiskType are empty where the cluster's default StorageClass
	// is used.
	Provisioner, DiskType string
	// ProviderIDs are schemes of node.spec.providerID, or patterns of the whole of it
	// (path.Match) for clouds that write it without a scheme; "none" is a node without one.
	ProviderIDs []string
	// InternalBalancer says that the client Service carries the cloud's annotation
	// for a balancer inside its private network.
	InternalBalancer bool
	// PlainIsPublic says that a balancer without annotations is reached from the internet.
	PlainIsPublic bool
	// PublicService are the annotations by which a public balancer differs; nil takes
	// one away.
	PublicService map[string]*string
}

// LocalOverlay is the overlay that makes no assumption about a cloud.
const LocalOverlay = "local"

// Overlays lists every overlay by name.
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
			// Nothing but its balancer annotations stands on a client Service.
			o.InternalBalancer = o.InternalBalancer || len(d.Metadata.Annotations) > 0
		}
	}
	return o, nil
}

// readAnnotations takes what the kustomization says, and returns which parameter of the StorageClass names the disk type.
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

// Detect returns the overlay that the nodes of a Kubernetes cluster belong to, by
// their spec.providerID. The error says why none can be picked; nodes of several
// kinds are such a case, as pods may land on either.
func Detect(providerIDs []string) (Overlay, error) {
	list, err := Overlays()
	if err != nil {
		return Overlay{}, err
	}
	return detect(list, providerIDs)
}

func detect(list []Overlay, providerIDs []string) (Overlay, error) {
	if len(providerIDs) == 0 {
		return Overlay{}, errors.New("no nodes to tell the overlay by (choose one with --overlay)")
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

// isFor says whether nodes with this providerID are the overlay's.
func (o Overlay) isFor(providerID string) bool {
	return slices.ContainsFunc(o.ProviderIDs, func(want string) bool {
		if !strings.Contains(want, "*") {
			return want == scheme(providerID)
		}
		ok, err := path.Match(want, providerID)
		return ok && err == nil
	})
}

// scheme is what stands before the colon; the whole, where there is none.
func scheme(providerID string) string {
	if providerID == "" {
		return noProviderID
	}
	s, _, _ := strings.Cut(providerID, ":")
	return s
}
