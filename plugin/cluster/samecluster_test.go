package cluster

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

// alike is a pod whose initial cluster is one member at a peer URL. A StatefulSet owns it, or a Deployment if name
// begins with "dev".
func alike(name, url string) []runtime.Object {
	args := []string{"--initial-advertise-peer-urls=" + url, "--initial-cluster=s1=" + url, "--initial-cluster-token=tkn"}
	if strings.HasPrefix(name, "dev") {
		pod := owned(etcdPod(name+"-7d9f-x1", args...), "ReplicaSet", name+"-7d9f")
		pod.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = "7d9f"
		return []runtime.Object{pod}
	}
	set := setOf(name, 1, "etcd")
	set.Spec.Template.Spec = etcdPod("", args...).Spec
	return []runtime.Object{set, podIn(set, name+"-0")}
}

// unread replaces the settings of a pod with a Secret, which is not read.
func unread(pod *corev1.Pod) *corev1.Pod {
	c := &pod.Spec.Containers[0]
	c.Ports = []corev1.ContainerPort{{ContainerPort: 2379}}
	c.EnvFrom = []corev1.EnvFromSource{{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: pod.Name}}}}
	return pod
}

// TestNoPeerURLInCommon: several etcds with the same settings are not one cluster.
func TestNoPeerURLInCommon(t *testing.T) {
	for _, host := range []string{"0.0.0.0", "localhost", "localhost.localdomain", "127.0.0.1", "127.0.0.2", "[::1]", "[::]", "", "etcd"} {
		t.Run(host, func(t *testing.T) {
			url := "http://" + host + ":2380"
			got := describedAll(t, slices.Concat(alike("orders", url), alike("billing", url), alike("deva", url), alike("devb", url))...)
			want := []string{
				"billing StatefulSet/billing: billing-0", "deva Deployment/deva: deva-7d9f-x1",
				"devb Deployment/devb: devb-7d9f-x1", "orders StatefulSet/orders: orders-0",
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatTiesUnreadSettings(t *testing.T) {
	onTheNode := func(node string) *corev1.Pod { // RKE2: the configuration is a file on the node
		pod := owned(etcdPod("etcd-"+node, "--config-file=/etc/etcd.yaml"), "Node", node)
		pod.Spec.NodeName, pod.Spec.Containers[0].Ports = node, []corev1.ContainerPort{{ContainerPort: 2379}}
		return pod
	}
	replica := func(name string) *corev1.Pod { return owned(unread(etcdPod(name)), "EtcdCluster", "shop") }
	for name, c := range map[string]struct {
		objects []runtime.Object
		want    []string
	}{
		"equal labels": {
			[]runtime.Object{unread(etcdPod("a")), unread(etcdPod("b"))},
			[]string{"a bare pods: a", "b bare pods: b"},
		},
		"equal labels, and one is a cluster by itself": {
			[]runtime.Object{member("a", "t", "a"), unread(etcdPod("b"))},
			[]string{"a bare pods: a", "b bare pods: b"},
		},
		"one owner": {
			[]runtime.Object{replica("shop-0"), replica("shop-1")},
			[]string{"shop EtcdCluster/shop: shop-0 shop-1"},
		},
		"orphaned pods of a StatefulSet": {
			[]runtime.Object{orphan(unread(etcdPod("s-0"))), orphan(unread(etcdPod("s-1"))), orphan(unread(etcdPod("r-0")))},
			[]string{"r-0 bare pods: r-0", "s bare pods: s-0 s-1"},
		},
		"the manifest of a control plane": {
			[]runtime.Object{onTheNode("n1"), onTheNode("n2"), onTheNode("n3")},
			[]string{"etcd static pods: etcd-n1 etcd-n2 etcd-n3"},
		},
		"one that lists the other": {
			[]runtime.Object{member("a", "t", "a", "b"), unread(etcdPod("b")), unread(etcdPod("c"))},
			[]string{"a bare pods: a b", "c bare pods: c"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, describedAll(t, c.objects...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSelectorTiesPods: the user's selector joins pods whose settings cannot be read.
func TestSelectorTiesPods(t *testing.T) {
	kube := fake.NewClientset(unread(etcdPod("a")), unread(etcdPod("b")))
	_, err := Find(t.Context(), kube, Target{Namespace: "ns"})
	want := `namespace "ns" has several etcd clusters: a, b (choose one of them, with --etcd if the command has no argument NAME; ` +
		`a and b have the same labels, and their settings cannot be read: if they are one cluster, select all of them with --selector 'app=etcd')`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	one, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: "a"})
	if err != nil {
		t.Fatal(err)
	}
	doubt := "whether b belongs to this cluster (same labels, and settings that cannot be read; --selector 'app=etcd' treats them as one cluster)"
	if diff := cmp.Diff([]string{doubt}, one.Surroundings.Incomplete); diff != "" {
		t.Error(diff)
	}
	both, err := Find(t.Context(), kube, Target{Namespace: "ns", Selector: "app=etcd"})
	if err != nil {
		t.Fatal(err)
	}
	if got := described(both); got != "a bare pods: a b" {
		t.Errorf("got %q", got)
	}
	// It does not join pods whose settings show two clusters.
	kube = fake.NewClientset(member("a", "t", "a"), member("b", "t", "b"))
	if _, err := Find(t.Context(), kube, Target{Namespace: "ns", Selector: "app=etcd"}); err == nil || !strings.Contains(err.Error(), "several etcd clusters") {
		t.Errorf("got %v", err)
	}
}
