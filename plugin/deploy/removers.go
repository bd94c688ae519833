package deploy

import (
	"context"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// client has the methods that every typed client of client-go has.
type client[T metav1.Object, L runtime.Object] interface {
	Get(context.Context, string, metav1.GetOptions) (T, error)
	List(context.Context, metav1.ListOptions) (L, error)
	Delete(context.Context, string, metav1.DeleteOptions) error
}

func newRemover[T metav1.Object, L runtime.Object](kind string, c client[T, L]) remover {
	return remover{
		kind: kind,
		list: func(ctx context.Context, selector string) ([]string, error) {
			list, err := c.List(ctx, metav1.ListOptions{LabelSelector: selector})
			if err != nil {
				return nil, err
			}
			return objectNames(list)
		},
		get: func(ctx context.Context, name string) (metav1.Object, error) {
			return c.Get(ctx, name, metav1.GetOptions{})
		},
		delete: c.Delete,
	}
}

// RemoveCertManager deletes the Certificates and Issuers of a cluster. It must run before the Secrets are deleted, which
// cert-manager would create again. It returns the objects that it deleted.
func RemoveCertManager(ctx context.Context, client dynamic.Interface, namespace, name string) ([]string, error) {
	selector := cluster.Selector(name, cluster.ComponentCertificate, cluster.ComponentAuthority)
	return removeAll(ctx, metav1.DeletePropagationBackground, selector,
		certManagerRemover(client, namespace, "certificates"), certManagerRemover(client, namespace, "issuers"))
}

// certManagerRemover deletes objects of one of cert-manager's resources.
func certManagerRemover(client dynamic.Interface, namespace, resource string) remover {
	c := client.Resource(schema.GroupVersionResource{Group: cluster.CertManagerGroup, Version: "v1", Resource: resource}).Namespace(namespace)
	return remover{
		kind: strings.TrimSuffix(resource, "s") + "." + cluster.CertManagerGroup,
		list: func(ctx context.Context, selector string) ([]string, error) {
			list, err := c.List(ctx, metav1.ListOptions{LabelSelector: selector})
			if apierrors.IsNotFound(err) { // cert-manager is not installed any more
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			return objectNames(list)
		},
		get: func(ctx context.Context, name string) (metav1.Object, error) {
			return c.Get(ctx, name, metav1.GetOptions{})
		},
		delete: func(ctx context.Context, name string, o metav1.DeleteOptions) error { return c.Delete(ctx, name, o) },
	}
}

func objectNames(list runtime.Object) ([]string, error) {
	var found []string
	err := meta.EachListItem(list, func(o runtime.Object) error {
		object, err := meta.Accessor(o)
		if err == nil {
			found = append(found, object.GetName())
		}
		return err
	})
	return found, err
}

func statefulSets(kube kubernetes.Interface, namespace string) remover {
	return newRemover("statefulset.apps", kube.AppsV1().StatefulSets(namespace))
}

func services(kube kubernetes.Interface, namespace string) remover {
	return newRemover("service", kube.CoreV1().Services(namespace))
}

func budgets(kube kubernetes.Interface, namespace string) remover {
	return newRemover("poddisruptionbudget.policy", kube.PolicyV1().PodDisruptionBudgets(namespace))
}

func policies(kube kubernetes.Interface, namespace string) remover {
	return newRemover("networkpolicy.networking.k8s.io", kube.NetworkingV1().NetworkPolicies(namespace))
}

func secrets(kube kubernetes.Interface, namespace string) remover {
	return newRemover("secret", kube.CoreV1().Secrets(namespace))
}

func volumeClaims(kube kubernetes.Interface, namespace string) remover {
	return newRemover("persistentvolumeclaim", kube.CoreV1().PersistentVolumeClaims(namespace))
}

func configMaps(kube kubernetes.Interface, namespace string) remover {
	return newRemover("configmap", kube.CoreV1().ConfigMaps(namespace))
}

func pods(kube kubernetes.Interface, namespace string) remover {
	return newRemover("pod", kube.CoreV1().Pods(namespace))
}
