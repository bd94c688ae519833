package bringup

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

func TestCheckChange(t *testing.T) {
	running := Existing{
		StatefulSet: &appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Replicas: ptr.To[int32](3)}}, Replicas: 3, Storage: "8Gi", StorageClass: "etcd-ssd", Image: "mirror:5000/etcd:v3.6.16",
	}
	going := make([]corev1.PersistentVolumeClaim, 1)
	going[0].Name, going[0].DeletionTimestamp = "data-etcd-0", &metav1.Time{}
	left := Existing{Replicas: 3, Storage: "8Gi", StorageClass: "standard", Claims: make([]corev1.PersistentVolumeClaim, 3)}
	claims := func(names ...string) Existing {
		x := Existing{Storage: "8Gi"}
		for _, name := range names {
			var c corev1.PersistentVolumeClaim
			c.Name = name
			x.Claims = append(x.Claims, c)
		}
		return x
	}
	with := func(x Existing, change func(*Existing)) Existing { change(&x); return x }
	cases := map[string]struct {
		existing, wanted Existing
		want             string
	}{
		"other object names": {existing: with(running, func(x *Existing) { x.SealConfig = "etcd-seal-z" }), wanted: with(running, func(x *Existing) { x.SealConfig = "etcd-z-seal" }), want: "gives its objects other names"},
		"scaled by hand": {existing: with(running, func(x *Existing) {
			x.StatefulSet = &appsv1.StatefulSet{Spec: appsv1.StatefulSetSpec{Replicas: ptr.To[int32](4)}}
		}), wanted: running, want: "scale it back"},
		"a volume is being deleted":  {existing: with(left, func(x *Existing) { x.Claims = going }), wanted: running, want: "is being deleted"},
		"a new cluster":              {wanted: running},
		"the same":                   {existing: running, wanted: running},
		"another member count":       {existing: running, wanted: with(running, func(x *Existing) { x.Replicas = 5 }), want: "has 3 members, not 5"},
		"another volume size":        {existing: running, wanted: with(running, func(x *Existing) { x.Storage = "16Gi" }), want: "volumes of 8Gi"},
		"another class":              {existing: running, wanted: with(running, func(x *Existing) { x.StorageClass = "" }), want: "storage class"},
		"the next minor version":     {existing: running, wanted: with(running, func(x *Existing) { x.Image = "etcd:v3.7.3" })},
		"two minor versions":         {existing: running, wanted: with(running, func(x *Existing) { x.Image = "etcd:v3.8.0" }), want: "more than one minor"},
		"back":                       {existing: with(running, func(x *Existing) { x.Image = "etcd:v3.7.0" }), wanted: running, want: "downgrade"},
		"a patch back":               {existing: running, wanted: with(running, func(x *Existing) { x.Image = "etcd:v3.6.11" })},
		"a tag that is no version":   {existing: running, wanted: with(running, func(x *Existing) { x.Image = "etcd:ours" })},
		"an image by its digest":     {existing: with(running, func(x *Existing) { x.Image += "@sha256:0123" }), wanted: running, want: "pinned by its digest"},
		"only the seal is left":      {existing: Existing{Seal: cluster.Seal{State: cluster.SealClosed}}, wanted: running, want: "--delete-data"},
		"only the bootstrap is left": {existing: Existing{Replicas: 3, Seal: cluster.Seal{State: cluster.SealNone}}, wanted: running},
		"another bootstrap is left":  {existing: Existing{Replicas: 1, Seal: cluster.Seal{State: cluster.SealNone}}, wanted: running, want: "--delete-data"},
		"after down":                 {existing: left, wanted: running},
		"after down, another count":  {existing: left, wanted: with(running, func(x *Existing) { x.Replicas = 1 }), want: "has 3 members, not 1"},
		"one claim and no bootstrap": {
			existing: claims("data-etcd-0"), wanted: running,
			want: `has the volume claims data-etcd-0 and no bootstrap ConfigMap: the claims belong to 1 members, not 3 (start the members with that data and the --tls that they had: "kubectl etcd up etcd -n ns --replicas 1"; or delete the data: "kubectl etcd down etcd -n ns --delete-data")`,
		},
		"one claim, one member wanted": {existing: claims("data-etcd-0"), wanted: with(running, func(x *Existing) { x.Replicas = 1 })},
		"claims of two":                {existing: claims("data-etcd-1"), wanted: running, want: "--replicas 2 --force"},
		"claims of three":              {existing: claims("data-etcd-2", "data-etcd-0"), wanted: running},
		"a claim without labels": {
			existing: Existing{Unlabelled: []string{"data-etcd-0"}}, wanted: running,
			want: `"kubectl label pvc -n ns data-etcd-0 app.kubernetes.io/name=etcd app.kubernetes.io/instance=etcd app.kubernetes.io/component=member"`,
		},
		"the volumes gone, seal there": {existing: Existing{Replicas: 3, Seal: cluster.Seal{State: cluster.SealClosed}}, wanted: running, want: "--delete-data"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := checkChange(cluster.Target{Namespace: "ns", Name: "etcd"}, c.existing, c.wanted)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestSidecarBeforeEtcd has a sidecar first: kustomize puts a container that a strategic-merge patch adds before the others.
func TestSidecarBeforeEtcd(t *testing.T) {
	var set appsv1.StatefulSet
	set.Spec.Template.Spec.Containers = []corev1.Container{{Name: "backup", Image: "backup:9"}, {Name: "etcd", Image: "etcd:v3.7.3"}}
	var x Existing
	x.fromSet(&set)
	if x.Image != "etcd:v3.7.3" {
		t.Errorf("image %q, want etcd's", x.Image)
	}
}
