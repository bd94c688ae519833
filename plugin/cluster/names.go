package cluster

import (
	"context"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
)

// Names returns the names of the etcd clusters in a namespace.
func Names(ctx context.Context, kube kubernetes.Interface, namespace string) ([]string, error) {
	found, _, err := all(ctx, newObjects(kube, namespace), "")
	return names(found), err
}

func names(found []*candidate) []string {
	names := make([]string, len(found))
	for i, c := range found {
		names[i] = c.name
	}
	return names
}

// Kind is one of the kinds of objects that a flag names one of.
type Kind string

// What flags name: the resources of Kubernetes' API.
const (
	KindNamespace    Kind = "namespaces"
	KindSecret       Kind = "secrets"
	KindStorageClass Kind = "storageclasses"
)

// maxNames bounds a list of names: nobody reads more, and each page is a round trip.
const maxNames = 500

// ObjectNames returns the names of the objects of a kind, in a namespace where the kind has one. Only metadata is read:
// no Secret's content comes here. Secrets that others keep for themselves are left out.
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
