package kustomize

import (
	"fmt"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/kustomize/api/types"
	"sigs.k8s.io/kustomize/kyaml/resid"
	"sigs.k8s.io/yaml"
)

const (
	instanceLabel   = "app.kubernetes.io/instance"
	officialImage   = "gcr.io/etcd-development/etcd"
	ownStorageClass = "etcd-ssd"
	bootstrap       = DefaultName + "-bootstrap"
	clientService   = DefaultName + "-client"

	loadBalancer   = "load-balancer"
	networkPolicy  = "network-policy"
	drillable      = "drillable"
	tlsSecrets     = "tls"
	tlsCertManager = "tls-cert-manager"

	claimTemplate = "/spec/volumeClaimTemplates/0/spec/"
)

// topComment heads the exported file.
const topComment = `# This folder is yours: kubectl apply -k . needs nothing else. The member count of
# a running cluster cannot be changed here: see base/bootstrap.yaml.
`

// op is an operation of a JSON patch (RFC 6902).
type op struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value,omitempty"`
}

// components returns the components that the top kustomization lists.
func (o Options) components() []string {
	var list []string
	if o.Expose == ExposeInternal || o.Expose == ExposePublic {
		list = append(list, loadBalancer)
	}
	if o.NetworkPolicy {
		list = append(list, networkPolicy)
	}
	if o.Drillable {
		list = append(list, drillable)
	}
	switch {
	case o.TLS == TLSCertManager:
		list = append(list, tlsCertManager)
	case o.tls():
		list = append(list, tlsSecrets)
	}
	return list
}

// folders returns the folders of the components, including those that the components build on.
func (o Options) folders() []string {
	list := o.components()
	if o.TLS == TLSCertManager {
		list = append(list, tlsSecrets)
	}
	return list
}

// topKustomization returns the kustomization that applies a user's options to an overlay. Options
// enter it only as values of marshalled structs, so none can inject YAML.
func topKustomization(o Options, docs []document) ([]byte, error) {
	k := types.Kustomization{
		TypeMeta:  types.TypeMeta{APIVersion: types.KustomizationVersion, Kind: types.KustomizationKind},
		Resources: []string{path.Join("overlays", o.Overlay)},
		Namespace: o.Namespace,
		Images:    images(o),
	}
	for _, c := range o.components() {
		k.Components = append(k.Components, path.Join("components", c))
	}
	var err error
	if k.Patches, err = patches(o, docs); err != nil {
		return nil, err
	}
	data, err := yaml.Marshal(k)
	return append([]byte(topComment), data...), err
}

func images(o Options) []types.Image {
	if o.EtcdVersion == "" && o.Image == "" {
		return nil
	}
	image := types.Image{Name: officialImage, NewName: o.Image}
	if o.EtcdVersion != "" {
		image.NewTag = "v" + strings.TrimPrefix(o.EtcdVersion, "v")
	}
	return []types.Image{image}
}

// patches returns the patches in the order in which they are applied. Renames are last,
// because a patch selects its object by name.
func patches(o Options, docs []document) ([]types.Patch, error) {
	var list patchList
	list.add("StatefulSet", DefaultName, statefulSetOps(o))
	list.add("ConfigMap", bootstrap, bootstrapOps(o))
	list.addQuota(o)
	list.addTLS(o)
	if err := list.addExposure(o); err != nil {
		return nil, err
	}
	if o.StorageClass != "" {
		list.add("StorageClass", ownStorageClass, deletion("storage.k8s.io/v1", "StorageClass", ownStorageClass))
	}
	for _, d := range clusterObjects(docs) {
		if o.name() != DefaultName {
			list.add(d.Kind, d.Metadata.Name, []op{
				{"replace", "/metadata/name", o.name() + strings.TrimPrefix(d.Metadata.Name, DefaultName)},
			})
		}
	}
	return list.patches, list.err
}

type patchList struct {
	patches []types.Patch
	err     error
}

// add appends a JSON patch or a strategic-merge patch for the object of this kind and
// name. The selector may match nothing, because an overlay may have deleted the object.
func (l *patchList) add(kind, name string, patch any) {
	if ops, ok := patch.([]op); ok && len(ops) == 0 {
		return
	}
	data, err := yaml.Marshal(patch)
	if err != nil && l.err == nil {
		l.err = err
	}
	l.patches = append(l.patches, types.Patch{
		Patch:  string(data),
		Target: &types.Selector{ResId: resid.ResId{Gvk: resid.Gvk{Kind: kind}, Name: name}},
	})
}

func statefulSetOps(o Options) []op {
	var ops []op
	if o.Replicas != 0 {
		ops = append(ops, op{"replace", "/spec/replicas", o.Replicas})
	}
	if o.Storage != "" {
		// In the canonical form that the API server stores, so that "kubectl diff" shows no difference.
		size := resource.MustParse(o.Storage)
		ops = append(ops, op{"replace", storagePath, size.String()})
	}
	if o.StorageClass != "" {
		ops = append(ops, op{"add", claimTemplate + "storageClassName", o.StorageClass})
	}
	return append(ops, quotaOps(o)...)
}

func bootstrapOps(o Options) []op {
	if o.Replicas == 0 && o.name() == DefaultName {
		return nil
	}
	return []op{{"replace", "/data/ETCD_INITIAL_CLUSTER", initialCluster(o)}}
}

// initialCluster returns the value of ETCD_INITIAL_CLUSTER. base/bootstrap.yaml explains
// why the host names are short.
func initialCluster(o Options) string {
	name, scheme := o.name(), "http"
	if o.tls() {
		scheme = "https"
	}
	members := make([]string, o.replicas())
	for i := range members {
		members[i] = fmt.Sprintf("%s-%d=%s://%s-%d.%s:2380", name, i, scheme, name, i, name)
	}
	return strings.Join(members, ",")
}

func deletion(apiVersion, kind, name string) map[string]any {
	return map[string]any{
		"apiVersion": apiVersion,
		"kind":       kind,
		"metadata":   map[string]string{"name": name},
		"$patch":     "delete",
	}
}

// clusterObjects returns the objects that are named after the cluster: those with its
// instance label, which the shared StorageClass does not have.
func clusterObjects(docs []document) []document {
	var list []document
	for _, d := range docs {
		if d.Metadata.Labels[instanceLabel] == DefaultName {
			list = append(list, d)
		}
	}
	return list
}
