package cluster

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/fake"
)

// TestNamesOfOwners checks every spelling that kubectl accepts, and what "list" prints under OWNER.
func TestNamesOfOwners(t *testing.T) {
	abc := []string{"etcd-a-0", "etcd-b-0"}
	cache := owned(etcdPod("cache-7d9f-x1"), "ReplicaSet", "cache-7d9f")
	cache.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = "7d9f"
	web := owned(etcdPod("web-7d9f-x1"), "ReplicaSet", "web-7d9f")
	web.Labels[appsv1.DefaultDeploymentUniqueLabelKey] = "7d9f"
	objects := []runtime.Object{
		setOf("kv", 3, "etcd"), podIn(setOf("kv", 3, "etcd"), "kv-0"), setOf("web", 0, "nginx"), web, cache,
		owned(etcdPod("agent-x"), "DaemonSet", "agent"), owned(etcdPod("shop-0"), "EtcdCluster", "shop"), etcdPod("bare"),
	}
	objects = append(append(objects, single("etcd-a", abc...)...), single("etcd-b", abc...)...)
	kube := fake.NewClientset(objects...)
	for typed, want := range map[string][]string{
		"sts/": {"sts/etcd-a", "sts/etcd-b", "sts/kv"}, "statefulset/k": {"statefulset/etcd-a", "statefulset/etcd-b", "statefulset/kv"},
		"pod/": {
			"pod/agent-x", "pod/bare", "pod/cache-7d9f-x1", "pod/etcd-a-0", "pod/etcd-b-0", "pod/kv-0", "pod/kv-1", "pod/kv-2", "pod/shop-0", "pod/web-7d9f-x1",
		},
		"deploy/": {"deploy/cache", "deploy/web"}, "rs/": {"rs/cache-7d9f", "rs/web-7d9f"}, "ds/": {"ds/agent"},
		"etcdclusters.example.com/": {"etcdclusters.example.com/shop"}, "service/": nil, "/": nil, "a/b/": nil,
		"": {"agent", "bare", "cache", "etcd", "kv", "shop", "web"},
	} {
		got, err := Names(t.Context(), kube, "ns", typed)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-want +got)\n%s", typed, err, diff)
		}
	}
	notEtcd := `statefulset "web" in namespace "ns" does not run etcd`
	for text, want := range map[string]string{
		"statefulset/kv": "kv", "statefulsets/kv": "kv", "sts/kv": "kv", "StatefulSet/kv": "kv", "statefulsets.apps/kv": "kv", "statefulset.v1.apps/kv": "kv",
		"pod/kv-0": "kv", "po/kv-0": "kv", "pods/bare": "bare", "pod/kv-2": "kv", // the last pod does not exist yet
		"deployment/cache": "cache", "deploy/cache": "cache", "deployments.apps/cache": "cache", "Deployment/cache": "cache",
		"rs/cache-7d9f": "cache", "replicaset/cache-7d9f": "cache", "daemonset/agent": "agent", "ds/agent": "agent",
		"EtcdCluster/shop": "shop", "etcdclusters/shop": "shop", "etcdclusters.example.com/shop": "shop",
		"StatefulSet/etcd-a,etcd-b": "etcd", "sts/etcd-b": "etcd",

		"web": "web", "deploy/web": "web", "sts/web": notEtcd,
		"deployment/none": `deployment "none" in namespace "ns" does not exist, or runs no etcd (etcd clusters there: agent, bare, cache, etcd, kv, shop, web)`,
		"sts/none":        `statefulset "none" in namespace "ns" does not exist, or runs no etcd`,
		"pod/none":        `pod "none" in namespace "ns" does not exist`,
		"service/kv":      `"service/kv": no object of that kind runs etcd in namespace "ns" (known kinds: statefulset, deployment, daemonset, replicaset, replicationcontroller, job, pod, and`,
		"sts/":            `"sts/" is neither a name nor KIND/NAME`,
		"/kv":             `"/kv" is neither`,
		"ns/sts/kv":       `"ns/sts/kv" is neither`,
	} {
		t.Run(text, func(t *testing.T) {
			c, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: text})
			switch {
			case err == nil && c.Name != want:
				t.Errorf("got %q, want %q", c.Name, want)
			case err != nil && !strings.HasPrefix(err.Error(), want):
				t.Errorf("error %q, want %q", err, want)
			}
			misspelt := strings.HasPrefix(want, `"`)
			if got := errors.As(err, new(*NameError)); got != misspelt {
				t.Errorf("a NameError is %t", got)
			}
		})
	}
}

func TestOwnName(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "etcd": "etcd", "sts/etcd": "etcd", "StatefulSet/etcd": "etcd",
		"deploy/etcd": `"deploy/etcd" is not a StatefulSet, but every cluster of these manifests is one`, "sts/": `"sts/" is neither a name nor KIND/NAME`,
	} {
		got, err := StatefulSetName(text)
		if err != nil {
			got = err.Error()
		}
		if got != want || err != nil && !errors.As(err, new(*NameError)) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
