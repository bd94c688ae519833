package plugin

import (
	"bytes"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"testing"

	"go.etcd.io/etcd/server/v3/embed"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// namespace is the namespace of every script's world.
const namespace = "ns"

// revision is the revision of every pod of a world. A changed template gives no new one: what restarts pods is a journey's.
const revision = "r1"

// world is the Kubernetes of one script. It stores objects, and runs real etcd members for the pods of StatefulSets of etcd.
type world struct {
	t          *testing.T
	kube       *kubetest.Store
	kubeconfig string
	printed    bytes.Buffer // by all commands of the script
	passwords  []string     // in password files of command lines
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, kube: kubetest.ServeStore(t)}
	w.kube.Written = w.written
	w.kube.PutTyped(w.t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})
	return w
}

// written makes the pods of a new StatefulSet, as its controller, and runs etcd in them, as the kubelets.
func (w *world) written(object *unstructured.Unstructured) {
	status, _, _ := unstructured.NestedMap(object.Object, "status")
	if object.GetKind() != "StatefulSet" || status["updateRevision"] != nil {
		return
	}
	set := &appsv1.StatefulSet{}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, set); err != nil {
		w.t.Error(err)
		return
	}
	n := ptr.Deref(set.Spec.Replicas, 1)
	set.Status = appsv1.StatefulSetStatus{Replicas: n, ReadyReplicas: n, CurrentRevision: revision, UpdateRevision: revision}
	w.kube.PutTyped(w.t, set)
	if n == 0 {
		return
	}
	cluster := etcdtest.Start(w.t, int(n), func(cfg *embed.Config) { w.configure(set, cfg) })
	for i, member := range cluster.Members {
		pod := podOf(set, i)
		w.kube.PutTyped(w.t, pod)
		w.kube.Forward(set.Namespace, pod.Name, strings.TrimPrefix(member.Endpoint, "http://"))
		for _, template := range set.Spec.VolumeClaimTemplates {
			w.kube.PutTyped(w.t, claimOf(template, set, pod.Name))
		}
	}
}

func podOf(set *appsv1.StatefulSet, i int) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: fmt.Sprintf("%s-%d", set.Name, i), Namespace: set.Namespace, Labels: maps.Clone(set.Spec.Template.Labels),
		Annotations:     set.Spec.Template.Annotations,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "StatefulSet", Name: set.Name, UID: set.UID, Controller: ptr.To(true)}},
	}, Spec: *set.Spec.Template.Spec.DeepCopy()}
	pod.Labels[appsv1.ControllerRevisionHashLabelKey] = revision
	pod.Spec.Hostname, pod.Spec.Subdomain = pod.Name, set.Spec.ServiceName
	pod.Status.Phase = corev1.PodRunning
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	for _, c := range pod.Spec.Containers {
		pod.Status.ContainerStatuses = append(pod.Status.ContainerStatuses, corev1.ContainerStatus{
			Name: c.Name, Image: c.Image, Ready: true, Started: ptr.To(true),
			State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}},
		})
	}
	return pod
}

func claimOf(template corev1.PersistentVolumeClaim, set *appsv1.StatefulSet, pod string) *corev1.PersistentVolumeClaim {
	claim := template.DeepCopy()
	claim.Name, claim.Namespace = template.Name+"-"+pod, set.Namespace
	claim.Labels = maps.Clone(set.Spec.Selector.MatchLabels)
	claim.Status = corev1.PersistentVolumeClaimStatus{Phase: corev1.ClaimBound, Capacity: claim.Spec.Resources.Requests}
	return claim
}

// configure makes a member serve as the StatefulSet says: its name, and its certificates for clients.
func (w *world) configure(set *appsv1.StatefulSet, cfg *embed.Config) {
	cfg.Name = strings.Replace(cfg.Name, "etcd-", set.Name+"-", 1)
	cfg.InitialCluster = strings.ReplaceAll(cfg.InitialCluster, "etcd-", set.Name+"-")
	server := &certs.Pair{Cert: w.file(set, "cert-file"), Key: w.file(set, "key-file")}
	switch args := arguments(set); {
	case server.Cert != nil && (slices.Contains(args, "--client-cert-auth") || slices.Contains(args, "--client-cert-auth=true")):
		etcdtest.TLS(w.t, server, w.file(set, "trusted-ca-file"))(cfg)
	case server.Cert != nil:
		etcdtest.TLS(w.t, server, nil)(cfg)
	}
}

func arguments(set *appsv1.StatefulSet) []string {
	c := set.Spec.Template.Spec.Containers[0]
	return append(slices.Clone(c.Command), c.Args...)
}

// file returns the content of the file that a flag of etcd names, from the Secret that is mounted there.
func (w *world) file(set *appsv1.StatefulSet, flag string) []byte {
	spec := set.Spec.Template.Spec
	for _, argument := range arguments(set) {
		name, found := strings.CutPrefix(argument, "--"+flag+"=")
		if !found {
			continue
		}
		for _, mount := range spec.Containers[0].VolumeMounts {
			if mount.MountPath != path.Dir(name) {
				continue
			}
			i := slices.IndexFunc(spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name && v.Secret != nil })
			secret := &corev1.Secret{}
			source := spec.Volumes[i].Secret.SecretName
			stored := w.kube.Get("/api/v1/namespaces/" + set.Namespace + "/secrets/" + source)
			if stored == nil {
				w.t.Errorf("StatefulSet %q mounts secret %q, which does not exist", set.Name, source)
				return nil
			}
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(stored.Object, secret); err != nil {
				w.t.Error(err)
			}
			return secret.Data[path.Base(name)]
		}
	}
	return nil
}
