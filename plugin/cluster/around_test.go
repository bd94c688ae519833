package cluster

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"
)

func nodeIn(name, zone string, taints ...corev1.Taint) *corev1.Node {
	n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}, Spec: corev1.NodeSpec{Taints: taints}}
	if zone != "" {
		n.Labels[corev1.LabelTopologyZone] = zone
	}
	return n
}

// refuse makes the API server refuse a verb on some resources.
func refuse(kube *fake.Clientset, verb string, resources ...string) {
	for _, r := range resources {
		kube.PrependReactor(verb, r, func(k8stesting.Action) (bool, runtime.Object, error) {
			return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: r}, "", nil)
		})
	}
}

func TestZonesComeFromPodsElseFromNodes(t *testing.T) {
	set := setOf("etcd", 3, "etcd")
	labelled, bare, pending := podIn(set, "etcd-0"), podIn(set, "etcd-1"), podIn(set, "etcd-2")
	labelled.Labels = map[string]string{"app": "etcd", corev1.LabelTopologyZone: "zone-a"}
	labelled.Spec.NodeName, bare.Spec.NodeName = "node-a", "node-b"
	nodes := []runtime.Object{nodeIn("node-a", "another"), nodeIn("node-b", "zone-b")}
	for name, c := range map[string]struct {
		refused bool
		want    []string
	}{
		"allowed":             {false, []string{"zone-a", "zone-b", ""}},
		"nodes are forbidden": {true, []string{"zone-a", "", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewClientset(append(nodes, set, labelled, bare, pending)...)
			if c.refused {
				refuse(kube, "get", "nodes")
			}
			found, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: "etcd"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, m := range found.Members {
				got = append(got, m.Zone)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			for _, action := range kube.Actions() {
				if get, ok := action.(k8stesting.GetAction); ok && action.GetResource().Resource == "nodes" && get.GetName() != "node-b" {
					t.Errorf("node %q was read, whose pod tells the zone", get.GetName())
				}
			}
		})
	}
}

func TestWhatMayNotBeReadIsSaid(t *testing.T) {
	set := setOf("etcd", 1, "etcd")
	kube := fake.NewClientset(set, podIn(set, "etcd-0"))
	refuse(kube, "list", "poddisruptionbudgets", "services", "persistentvolumeclaims")
	refuse(kube, "get", "leases")
	found, err := Find(t.Context(), kube, Target{Namespace: "ns", Name: "etcd"})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"the operation's Lease (forbidden)", "volume claims (forbidden)", "PodDisruptionBudgets (forbidden)", "Services (forbidden)"}
	if diff := cmp.Diff(want, found.Surroundings.Incomplete); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestFindServingReadsNoMoreThanKeysNeed(t *testing.T) {
	set := setOf("etcd", 1, "etcd")
	pod := podIn(set, "etcd-0")
	pod.Spec.NodeName, pod.Status.Phase = "node-a", corev1.PodRunning
	kube := fake.NewClientset(set, pod)
	if _, err := FindServing(t.Context(), kube, Target{Namespace: "ns", Name: "etcd"}); err != nil {
		t.Fatal(err)
	}
	for _, action := range kube.Actions() {
		switch r := action.GetResource().Resource; r {
		case "statefulsets", "pods", "configmaps":
		default:
			t.Errorf("%s %s", action.GetVerb(), r)
		}
	}
}

func TestElsewhere(t *testing.T) {
	tainted := corev1.Taint{Key: "node-role.kubernetes.io/control-plane", Effect: corev1.TaintEffectNoSchedule}
	slow := corev1.Taint{Key: "slow", Effect: corev1.TaintEffectPreferNoSchedule}
	for name, c := range map[string]struct {
		label   string
		nodes   []runtime.Object
		refused bool
		want    bool
	}{
		"no other node":          {label: corev1.LabelHostname},
		"another node":           {label: corev1.LabelHostname, nodes: []runtime.Object{nodeIn("c", "")}, want: true},
		"one that takes no pods": {label: corev1.LabelHostname, nodes: []runtime.Object{nodeIn("c", "", tainted)}},
		"one that prefers none":  {label: corev1.LabelHostname, nodes: []runtime.Object{nodeIn("c", "", slow)}, want: true},
		"another zone":           {label: corev1.LabelTopologyZone, nodes: []runtime.Object{nodeIn("c", "a"), nodeIn("d", "c")}, want: true},
		"no other zone":          {label: corev1.LabelTopologyZone, nodes: []runtime.Object{nodeIn("c", "a"), nodeIn("d", "b"), nodeIn("e", "")}},
		"forbidden":              {label: corev1.LabelTopologyZone, nodes: []runtime.Object{nodeIn("d", "c")}, refused: true},
	} {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewClientset(c.nodes...)
			if c.refused {
				refuse(kube, "list", "nodes")
			}
			if got := SpareNodeExists(t.Context(), kube, c.label, []string{"a", "b"}); got != c.want {
				t.Errorf("got %t", got)
			}
			// The fake ignores field selectors, so the request is checked.
			asked := kube.Actions()[0].(k8stesting.ListAction).GetListRestrictions().Fields.String()
			want := "spec.unschedulable=false"
			if c.label == corev1.LabelHostname {
				want = "metadata.name!=a,metadata.name!=b," + want
			}
			if asked != want {
				t.Errorf("asked for %q, want %q", asked, want)
			}
		})
	}
}

func TestVolatile(t *testing.T) {
	claim := corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}
	scratch := corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
	for name, c := range map[string]struct {
		dir    string
		mounts map[string]corev1.VolumeSource
		want   string
	}{
		"on a claim":                    {"/data/etcd", map[string]corev1.VolumeSource{"/data": claim}, ""},
		"on an emptyDir":                {"/data/etcd", map[string]corev1.VolumeSource{"/data": scratch}, `the volume "/data", which lives as long as the pod`},
		"on no volume":                  {"/data/etcd", map[string]corev1.VolumeSource{"/database": claim}, "no volume"},
		"a claim under an emptyDir":     {"/data/etcd", map[string]corev1.VolumeSource{"/data": scratch, "/data/etcd": claim}, ""},
		"a directory that is not known": {"default.etcd", nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			pod := &corev1.Pod{}
			pod.Spec.Containers = []corev1.Container{{Name: "sidecar"}, {Name: "etcd"}}
			for at, source := range c.mounts {
				pod.Spec.Containers[1].VolumeMounts = append(pod.Spec.Containers[1].VolumeMounts, corev1.VolumeMount{Name: at, MountPath: at})
				pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: at, VolumeSource: source})
			}
			m := Member{Pod: pod, Server: Server{Container: "etcd", DataDir: c.dir}}
			if got := m.Volatile(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestQuotaBytes(t *testing.T) {
	for name, c := range map[string]struct {
		server Server
		want   int64
	}{
		"not set":              {Server{}, 2 << 30},
		"set":                  {Server{Quota: "8589934592"}, 8 << 30},
		"set, another unknown": {Server{Quota: "8589934592", Unknown: []string{"--name: x"}}, 8 << 30},
		"none":                 {Server{Quota: "-1"}, 0},
		"the default":          {Server{Quota: "0"}, 2 << 30},
		"unknown":              {Server{Unknown: []string{"the config file"}}, 0},
		"no number":            {Server{Quota: "lots"}, 0},
	} {
		if got := c.server.QuotaBytes(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
