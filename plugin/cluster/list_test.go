package cluster

import (
	"errors"
	"slices"
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

// TestVersions: the image that runs comes before the one in the spec, and images that cannot be pulled are separate.
func TestVersions(t *testing.T) {
	set := setOf("etcd", 3, "etcd")
	set.Spec.Template.Spec.Containers[0].Image = "etcd:v3.7.3"
	pod := func(image string, state corev1.ContainerState) *corev1.Pod {
		p := podIn(set, "etcd-0")
		p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "beside"}, {Name: "main", Image: image, State: state}}
		return p
	}
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	waiting := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	for name, c := range map[string]struct {
		pods []*corev1.Pod
		want [2]string // running, cannot be pulled
	}{
		"as in the spec":              {[]*corev1.Pod{pod("example.com/etcd:v3.7.3", running)}, [2]string{"3.7.3"}},
		"not as in the spec":          {[]*corev1.Pod{pod("etcd:v3.6.16", running)}, [2]string{"3.6.16"}},
		"a digest without a tag":      {[]*corev1.Pod{pod("sha256:1234", running)}, [2]string{"3.7.3"}},
		"no pod":                      {[]*corev1.Pod{nil}, [2]string{"3.7.3"}},
		"being created":               {[]*corev1.Pod{pod("etcd:v3.7.3", waiting("ContainerCreating"))}, [2]string{"3.7.3"}},
		"it crashes":                  {[]*corev1.Pod{pod("etcd:v3.7.3", waiting("CrashLoopBackOff"))}, [2]string{"3.7.3"}},
		"cannot be pulled":            {[]*corev1.Pod{pod("etcd:v3.7.3", waiting("ImagePullBackOff"))}, [2]string{"", "3.7.3"}},
		"one of two cannot be pulled": {[]*corev1.Pod{pod("etcd:v3.6.16", running), pod("", waiting("ErrImagePull"))}, [2]string{"3.6.16", "3.7.3"}},
	} {
		var members []Member
		for _, p := range c.pods {
			members = append(members, Member{PodName: "etcd-0", Pod: p})
		}
		run, notPulled := versions(ofSet(set), members)
		if diff := cmp.Diff(c.want, [2]string{run, notPulled}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestListWithoutConfigMaps: what is in a forbidden ConfigMap is reported as unknown, not as missing.
func TestListWithoutConfigMaps(t *testing.T) {
	ours, args := setOf("ours", 1, "etcd"), setOf("args", 1, "etcd")
	for _, name := range []string{"ours-bootstrap", "ours-seal"} {
		ours.Spec.Template.Spec.Containers[0].EnvFrom = append(ours.Spec.Template.Spec.Containers[0].EnvFrom,
			corev1.EnvFromSource{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}})
	}
	ours.Labels = map[string]string{LabelName: "etcd", LabelComponent: ComponentMember, LabelInstance: "ours"}
	ours.Spec.Template.Labels = ours.Labels
	config := func(component string, data map[string]string) *corev1.ConfigMap {
		return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Name: "ours-" + component, Namespace: "ns", Labels: map[string]string{LabelName: "etcd", LabelComponent: component, LabelInstance: "ours"},
		}, Data: data}
	}
	bootstrap := config(ComponentBootstrap, map[string]string{"ETCD_LISTEN_CLIENT_URLS": "https://0.0.0.0:2379"})
	seal := config(ComponentSeal, SealedData())

	type row struct {
		Name, Scheme string
		Seal         SealState
		Incomplete   bool
	}
	foreign := row{Name: "args", Scheme: "http", Seal: SealNone}
	for name, c := range map[string]struct {
		without []string // verbs on ConfigMaps
		want    []row
	}{
		"all may be read":         {nil, []row{foreign, {Name: "ours", Scheme: "https", Seal: SealClosed}}},
		"they may be listed":      {[]string{"get"}, []row{foreign, {Name: "ours", Scheme: "https", Seal: SealClosed}}},
		"they may be read singly": {[]string{"list"}, []row{foreign, {Name: "ours", Scheme: "https", Seal: SealClosed}}},
		"none may be read":        {[]string{"get", "list"}, []row{foreign, {Name: "ours", Incomplete: true}}},
	} {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewClientset(ours, args, bootstrap, seal)
			kube.PrependReactor("*", "configmaps", func(a k8stesting.Action) (bool, runtime.Object, error) {
				return slices.Contains(c.without, a.GetVerb()), nil, apierrors.NewForbidden(schema.GroupResource{Resource: "configmaps"}, "", errors.New("no"))
			})
			briefs, err := List(t.Context(), kube, "ns", "")
			if err != nil {
				t.Fatal(err)
			}
			var got []row
			for _, b := range briefs {
				got = append(got, row{b.Name, b.Scheme, b.Seal.State, b.Incomplete})
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
