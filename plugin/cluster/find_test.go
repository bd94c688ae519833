package cluster

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"
)

func setOf(name string, replicas int32, command string) *appsv1.StatefulSet {
	labels := map[string]string{"app": name}
	s := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns", UID: types.UID(name)}}
	s.Spec.Replicas, s.Spec.ServiceName = ptr.To(replicas), name
	s.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	s.Spec.Template.Spec.Containers = []corev1.Container{{Name: "main", Command: []string{command}}}
	return s
}

func podIn(set *appsv1.StatefulSet, name string) *corev1.Pod {
	return &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: name, Namespace: "ns", Labels: set.Spec.Selector.MatchLabels,
		OwnerReferences: []metav1.OwnerReference{{Kind: "StatefulSet", Name: set.Name, UID: set.UID, Controller: ptr.To(true)}},
	}, Spec: set.Spec.Template.Spec}
}

func namespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ns"}}
}

func TestFind(t *testing.T) {
	etcd, orders, web := setOf("etcd", 3, "etcd"), setOf("orders", 1, "etcd"), setOf("web", 1, "nginx")
	seal := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: "gone-seal", Namespace: "ns", Labels: map[string]string{LabelName: "etcd", LabelComponent: ComponentSeal, LabelInstance: "gone"},
	}}
	for name, c := range map[string]struct {
		objects []runtime.Object
		ask     string
		want    string // the cluster's name, or part of the error
	}{
		"the only one":      {[]runtime.Object{etcd, web}, "", "etcd"},
		"by name":           {[]runtime.Object{etcd, orders}, "orders", "orders"},
		"several":           {[]runtime.Object{etcd, orders}, "", `several etcd clusters: etcd, orders (choose one of them`},
		"none":              {[]runtime.Object{namespace(), web}, "", `bring one up with "kubectl etcd up -n ns"`},
		"none of that name": {[]runtime.Object{etcd}, "nope", `no etcd cluster "nope" in namespace "ns" (found: etcd)`},
		"its data is left":  {[]runtime.Object{namespace(), seal}, "", `the data of gone still exists`},
		"no such namespace": {nil, "", `namespaces "ns" not found`},
		"something else":    {[]runtime.Object{web}, "web", `"web" in namespace "ns" does not run etcd, judging by`},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := Find(t.Context(), fake.NewClientset(c.objects...), Target{Namespace: "ns", Name: c.ask})
			if err == nil && found.Name != c.want || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, %v; want %q", found, err, c.want)
			}
		})
	}
}

func TestEveryOrdinalHasAPlace(t *testing.T) {
	set := setOf("etcd", 3, "etcd")
	foreign := podIn(set, "etcd-1")
	foreign.Name, foreign.OwnerReferences, foreign.Spec.Containers = "debug", nil, nil
	found, err := Find(t.Context(), fake.NewClientset(set, podIn(set, "etcd-2"), podIn(set, "etcd-0"), podIn(set, "etcd-4"), foreign), Target{Namespace: "ns"})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found.Members {
		got = append(got, m.Server.Host+map[bool]string{true: " none"}[m.Pod == nil])
	}
	want := []string{"etcd-0.etcd.ns.svc", "etcd-1.etcd.ns.svc none", "etcd-2.etcd.ns.svc", "etcd-4.etcd.ns.svc"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestForbiddenIsPassedOn(t *testing.T) {
	kube := fake.NewClientset()
	kube.PrependReactor("list", "statefulsets", func(k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Group: "apps", Resource: "statefulsets"}, "", errors.New("no"))
	})
	if _, err := Find(t.Context(), kube, Target{Namespace: "ns"}); !apierrors.IsForbidden(err) {
		t.Errorf("got %v", err)
	}
}

// TestLeaseMayBeForbidden: a caller who may not get the Lease still finds the cluster.
func TestLeaseMayBeForbidden(t *testing.T) {
	kube := fake.NewClientset(setOf("etcd", 1, "etcd"))
	kube.PrependReactor("get", "leases", func(k8stesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "leases"}, "", errors.New("no"))
	})
	if _, err := Find(t.Context(), kube, Target{Namespace: "ns"}); err != nil {
		t.Errorf("got %v", err)
	}
}
