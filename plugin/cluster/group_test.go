package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/utils/ptr"
)

// etcdPod is a pod that runs etcd with the given arguments.
func etcdPod(name string, args ...string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns", Labels: map[string]string{"app": "etcd"}},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Command: append([]string{"etcd"}, args...)}}},
		Status:     corev1.PodStatus{Phase: corev1.PodRunning},
	}
}

func owned(pod *corev1.Pod, kind, name string) *corev1.Pod {
	pod.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Name: name, UID: types.UID(kind + name), Controller: ptr.To(true)}}
	return pod
}

// onNode is a static pod as kubeadm makes it: its initial cluster has the members that existed before it.
func onNode(node, known string) *corev1.Pod {
	var initial []string
	for _, n := range strings.Fields(known) {
		initial = append(initial, fmt.Sprintf("%s=https://%s:2380", n, n))
	}
	pod := owned(etcdPod("etcd-"+node, "--name="+node, "--initial-advertise-peer-urls=https://"+node+":2380",
		"--initial-cluster="+strings.Join(initial, ","), "--listen-client-urls=https://127.0.0.1:2379,https://"+node+":2379",
		"--advertise-client-urls=https://"+node+":2379"), "Node", node)
	pod.Spec.NodeName = node
	return pod
}

func member(name, token string, all ...string) *corev1.Pod {
	var initial []string
	for _, n := range all {
		initial = append(initial, fmt.Sprintf("%s=http://%s:2380", n, n))
	}
	return etcdPod(name, "--name="+name, "--initial-advertise-peer-urls=http://"+name+":2380", "--initial-cluster-token="+token,
		"--initial-cluster="+strings.Join(initial, ","))
}

// single is a StatefulSet with one member of a larger cluster.
func single(name string, all ...string) []runtime.Object { return zone(name, 1, all...) }

// zone is a StatefulSet with some members of a larger cluster.
func zone(name string, replicas int, all ...string) []runtime.Object {
	set := setOf(name, int32(replicas), "etcd")
	set.Spec.Template.Spec = member(name+"-0", "t", all...).Spec
	objects := []runtime.Object{set}
	for i := range replicas {
		pod := member(fmt.Sprintf("%s-%d", name, i), "t", all...)
		pod.OwnerReferences = podIn(set, name).OwnerReferences
		objects = append(objects, pod)
	}
	return objects
}

func TestClustersToldApart(t *testing.T) {
	abc := []string{"etcd-a-0", "etcd-b-0", "etcd-c-0"}
	operated := setOf("store", 3, "etcd")
	operated.OwnerReferences = []metav1.OwnerReference{{Kind: "EtcdCluster", Name: "shop", UID: "u", Controller: ptr.To(true)}}
	replicated := owned(etcdPod("cache-7d9f-x1"), "ReplicaSet", "cache-7d9f")
	replicated.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = "7d9f"
	for name, tc := range map[string]struct {
		objects []runtime.Object
		want    []string // name, owner, members
	}{
		"a StatefulSet and its pods": {
			[]runtime.Object{setOf("etcd", 2, "etcd"), podIn(setOf("etcd", 2, "etcd"), "etcd-0")},
			[]string{"etcd StatefulSet/etcd: etcd-0 etcd-1"},
		},
		"a StatefulSet of an operator": {
			[]runtime.Object{operated},
			[]string{"store EtcdCluster/shop: store-0 store-1 store-2"},
		},
		"pods that an operator makes": {
			[]runtime.Object{owned(etcdPod("shop-x2"), "EtcdCluster", "shop"), owned(etcdPod("shop-b7"), "EtcdCluster", "shop"), owned(etcdPod("web-1"), "EtcdCluster", "web")},
			[]string{"shop EtcdCluster/shop: shop-b7 shop-x2", "web EtcdCluster/web: web-1"},
		},
		"static pods, each with the members before it": {
			[]runtime.Object{onNode("n1", "n1"), onNode("n2", "n1 n2"), onNode("n3", "n1 n2 n3")},
			[]string{"etcd static pods: n1 n2 n3"},
		},
		"bare pods of two clusters with the same labels": {
			[]runtime.Object{member("a-0", "t", "a-0", "a-1"), member("a-1", "t", "a-0", "a-1"), member("b-0", "t", "b-0", "b-1"), member("b-1", "t", "b-0", "b-1")},
			[]string{"a bare pods: a-0 a-1", "b bare pods: b-0 b-1"},
		},
		"orphaned pods of a sealed StatefulSet": {
			[]runtime.Object{
				orphan(etcdPod("s-0", "--initial-advertise-peer-urls=http://s-0:2380", "--initial-cluster="+closedSeal)),
				orphan(etcdPod("s-1", "--initial-advertise-peer-urls=http://s-1:2380", "--initial-cluster="+closedSeal)),
			},
			[]string{"s bare pods: s-0 s-1"},
		},
		"two tokens": {
			[]runtime.Object{member("x-0", "t1", "x-0", "x-1"), member("x-1", "t2", "x-0", "x-1")},
			[]string{"x-0 bare pods: x-0", "x-1 bare pods: x-1"},
		},
		"a StatefulSet for each member": {
			append(append(single("etcd-a", abc...), single("etcd-b", abc...)...), single("etcd-c", abc...)...),
			[]string{"etcd StatefulSet/etcd-a,etcd-b,etcd-c: etcd-a-0 etcd-b-0 etcd-c-0"},
		},
		"a StatefulSet for each zone": {
			append(zone("etcd-a", 2, "etcd-a-0", "etcd-a-1", "etcd-b-0"), zone("etcd-b", 1, "etcd-a-0", "etcd-a-1", "etcd-b-0")...),
			[]string{"etcd StatefulSet/etcd-a,etcd-b: etcd-a-0 etcd-a-1 etcd-b-0"},
		},
		"two StatefulSets, one of them scaled down": {
			append(zone("one", 2, "one-0", "one-1", "one-2"), zone("two", 3, "two-0", "two-1", "two-2")...),
			[]string{"one StatefulSet/one: one-0 one-1", "two StatefulSet/two: two-0 two-1 two-2"},
		},
		"a Deployment": {
			[]runtime.Object{replicated},
			[]string{"cache Deployment/cache: cache-7d9f-x1"},
		},
		"one name for two": {
			[]runtime.Object{setOf("etcd", 1, "etcd"), owned(etcdPod("p-1"), "EtcdCluster", "etcd")},
			[]string{"etcd StatefulSet/etcd: etcd-0", "etcd.etcdcluster EtcdCluster/etcd: p-1"},
		},
		"what is not etcd": {
			[]runtime.Object{setOf("web", 1, "nginx"), etcdPod("proxy", "grpc-proxy", "start")},
			nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, describedAll(t, tc.objects...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// describedAll finds every cluster of a namespace, each by the name that "list" prints.
func describedAll(t *testing.T, objects ...runtime.Object) []string {
	t.Helper()
	kube := fake.NewClientset(objects...)
	briefs, err := List(t.Context(), kube, "ns", "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, b := range briefs {
		c, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: b.Name})
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, described(c))
	}
	return got
}

// described returns a cluster's name, owner and members.
func described(c *Cluster) string {
	var members []string
	for _, m := range c.Members {
		members = append(members, m.Name)
	}
	return fmt.Sprintf("%s %s: %s", c.Name, c.Owner, strings.Join(members, " "))
}

// orphan is a pod whose StatefulSet was deleted without its pods.
func orphan(pod *corev1.Pod) *corev1.Pod {
	pod.Labels[appsv1.StatefulSetPodNameLabel] = pod.Name
	return pod
}

func TestCommonName(t *testing.T) {
	for want, names := range map[string][]string{
		"etcd":    {"etcd-0", "etcd-1", "etcd-2"},
		"main-db": {"main-db-a", "main-db-b"},
		"node":    {"node1", "node2"},
		"same":    {"same", "same"},
		"alpha":   {"alpha", "beta"},
	} {
		if got := commonName(names); got != want {
			t.Errorf("%v: %q, want %q", names, got, want)
		}
	}
}

// TestOrdinals sorts ordinals of one and of two digits.
func TestOrdinals(t *testing.T) {
	pods := map[string]*corev1.Pod{"e-10": nil, "e-9": nil, "e-1": nil, "a": nil}
	if diff := cmp.Diff([]string{"a", "e-1", "e-9", "e-10"}, byOrdinal(pods)); diff != "" {
		t.Error(diff)
	}
}

// TestPartNamesTheWhole: the name of any of its StatefulSets finds the cluster.
func TestPartNamesTheWhole(t *testing.T) {
	all := []string{"etcd-a-0", "etcd-a-1", "etcd-b-0"}
	kube := fake.NewClientset(append(zone("etcd-a", 2, all...), zone("etcd-b", 1, all...)...)...)
	for _, name := range []string{"etcd", "etcd-a", "etcd-b"} {
		c, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if c.Name != "etcd" || len(c.Members) != 3 {
			t.Errorf("%s: %q with %d members, want etcd with 3", name, c.Name, len(c.Members))
		}
	}
}
