package cluster

import (
	"context"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
)

// Names returns the names that target an etcd cluster in a namespace: the clusters' names, or with KIND/ typed, the
// objects of that kind that make their pods.
func Names(ctx context.Context, kube kubernetes.Interface, namespace, typed string) ([]string, error) {
	kind, _, byKind := strings.Cut(typed, "/")
	var r ref
	if byKind {
		var err error
		if r, err = parseRef(kind + "/NAME"); err != nil {
			return nil, nil //nolint:nilerr // such a name targets nothing
		}
	}
	found, _, err := allCandidates(ctx, newObjects(kube, namespace), "")
	if err != nil || !byKind {
		return names(found), err
	}
	var makers []string
	for _, c := range found {
		for _, o := range c.makers() {
			if r.isKind(o.Kind) {
				makers = append(makers, kind+"/"+o.Name)
			}
		}
	}
	slices.Sort(makers)
	return slices.Compact(makers), nil
}

// makers returns the objects that name a candidate, as ref.makes accepts them.
func (c *candidate) makers() []Owner {
	var found []Owner
	for name := range strings.SplitSeq(c.owner.Name, ",") {
		found = append(found, Owner{c.owner.Kind, name})
	}
	for _, set := range c.sets {
		found = append(found, Owner{OwnerStatefulSet, set.Name})
	}
	for _, p := range c.pods {
		if owner := metav1.GetControllerOf(p); owner != nil && owner.Kind == string(kindReplicaSet) {
			found = append(found, Owner{kindReplicaSet, owner.Name})
		}
	}
	for _, m := range c.members() {
		found = append(found, Owner{kindPod, m.PodName})
	}
	return found
}

func names(found []*candidate) []string {
	names := make([]string, len(found))
	for i, c := range found {
		names[i] = c.name
	}
	return names
}

// Kind is a resource whose objects are named by a flag.
type Kind string

// The resources that flags name, in the spelling of Kubernetes' API.
const (
	KindNamespace    Kind = "namespaces"
	KindSecret       Kind = "secrets"
	KindStorageClass Kind = "storageclasses"
)

// maxNames bounds a list of names: a user reads no more, and each page is a round trip.
const maxNames = 500

// ObjectNames returns the names of the objects of a kind, in the namespace if the kind is namespaced, and at most
// maxNames. It reads only metadata, never a Secret's content. It leaves out Secrets of types that Kubernetes or Helm
// manage.
func ObjectNames(ctx context.Context, client metadata.Interface, kind Kind, namespace string) ([]string, error) {
	resource := schema.GroupVersionResource{Version: "v1", Resource: string(kind)}
	options := metav1.ListOptions{Limit: maxNames}
	switch kind {
	case KindStorageClass:
		resource.Group, namespace = "storage.k8s.io", ""
	case KindNamespace:
		namespace = ""
	case KindSecret:
		options.FieldSelector = "type!=kubernetes.io/service-account-token,type!=kubernetes.io/dockerconfigjson," +
			"type!=bootstrap.kubernetes.io/token,type!=helm.sh/release.v1"
	}
	list, err := client.Resource(resource).Namespace(namespace).List(ctx, options)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(list.Items))
	for i := range list.Items {
		names[i] = list.Items[i].Name
	}
	return names, nil
}
