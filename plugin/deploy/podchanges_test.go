package deploy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// set returns a StatefulSet as the API server has it, after change of its etcd container and its template.
func set(change func(etcd, template map[string]any)) *unstructured.Unstructured {
	etcd := map[string]any{
		"name": "etcd", "image": "gcr.io/etcd-development/etcd:v3.7.3",
		"args":      []any{"--name=$(POD_NAME)", "--quota-backend-bytes=2147483648"},
		"env":       []any{map[string]any{"name": "POD_NAME", "value": "secret"}},
		"resources": map[string]any{"requests": map[string]any{"cpu": "100m", "memory": "1Gi"}},
	}
	template := map[string]any{
		"metadata": map[string]any{"labels": map[string]any{"app": "etcd"}},
		"spec":     map[string]any{"containers": []any{etcd}, "terminationGracePeriodSeconds": int64(30)},
	}
	o := object("", 1)
	o.Object["spec"] = map[string]any{"template": template}
	if change != nil {
		change(etcd, template)
	}
	return o
}

func args(list ...any) func(etcd, template map[string]any) {
	return func(etcd, _ map[string]any) { etcd["args"] = append([]any{"--name=$(POD_NAME)"}, list...) }
}

func imageIs(name string) func(etcd, template map[string]any) {
	return func(etcd, _ map[string]any) { etcd["image"] = name }
}

func sidecar(arg string) func(etcd, template map[string]any) {
	return func(etcd, template map[string]any) {
		backup := map[string]any{"name": "backup", "image": "backup:1", "args": []any{arg}}
		template["spec"].(map[string]any)["containers"] = []any{backup, etcd}
	}
}

func TestPodChanges(t *testing.T) {
	for name, c := range map[string]struct {
		was, is func(etcd, template map[string]any)
		want    []string
	}{
		"nothing":           {},
		"a version":         {imageIs("gcr.io/etcd-development/etcd:v3.6.16"), nil, []string{"image v3.6.16 -> v3.7.3"}},
		"another registry":  {nil, imageIs("mirror:5000/etcd:v3.7.3"), []string{"image gcr.io/etcd-development/etcd:v3.7.3 -> mirror:5000/etcd:v3.7.3"}},
		"a quota":           {args("--quota-backend-bytes=4294967296"), nil, []string{"--quota-backend-bytes 4 GiB -> 2 GiB"}},
		"a quota by a byte": {args("--quota-backend-bytes=2147483649"), nil, []string{"--quota-backend-bytes 2147483649 -> 2147483648"}},
		"a flag and its value in two arguments": {
			args("-quota-backend-bytes", "4294967296"), nil, []string{"--quota-backend-bytes 4 GiB -> 2 GiB"},
		},
		"arguments added and removed": {
			args("--quota-backend-bytes=2147483648", "--heartbeat-interval=100", "--pre-vote"), args("--quota-backend-bytes=2147483648", "--metrics=extensive"),
			[]string{"--heartbeat-interval removed (was 100)", "--metrics added (extensive)", "--pre-vote removed"},
		},
		"arguments in another order": {args("--quota-backend-bytes=2147483648", "--pre-vote"), args("--pre-vote", "--quota-backend-bytes=2147483648"), []string{"order of the arguments changed"}},
		"resources": {func(etcd, _ map[string]any) {
			etcd["resources"] = map[string]any{"requests": map[string]any{"memory": "2Gi"}, "limits": map[string]any{"memory": "4Gi"}}
		}, nil, []string{"cpu request added (100m)", "memory request 2Gi -> 1Gi", "memory limit removed (was 4Gi)"}},
		"a variable, without its value": {func(etcd, _ map[string]any) {
			etcd["env"] = []any{map[string]any{"name": "POD_NAME", "value": "x"}, map[string]any{"name": "B", "value": "y"}}
		}, nil, []string{"variable B removed", "variable POD_NAME changed"}},
		"a probe and the pod": {nil, func(etcd, template map[string]any) {
			etcd["livenessProbe"] = map[string]any{"periodSeconds": int64(1)}
			template["spec"].(map[string]any)["terminationGracePeriodSeconds"] = int64(60)
			template["metadata"] = map[string]any{"labels": map[string]any{"app": "kv"}, "annotations": map[string]any{"a": "b"}}
		}, []string{"livenessProbe added", "label app etcd -> kv", "annotation a added (b)", "terminationGracePeriodSeconds changed"}},
		"a container":                       {sidecar("x"), nil, []string{`container "backup" removed`}},
		"a container's arguments":           {sidecar("--password=x"), sidecar("--password=y"), []string{`container "backup": arguments changed`}},
		"etcd's arguments beside a sidecar": {sidecar("x"), func(e, p map[string]any) { sidecar("x")(e, p); args()(e, p) }, []string{"--quota-backend-bytes removed (was 2 GiB)"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, PodChanges(Change{Object: set(nil), Before: set(c.was), After: set(c.is)})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Fields that admission added to a pod are no difference; changes of the template are.
func TestPodDiffers(t *testing.T) {
	pod := &corev1.Pod{}
	pod.Spec.Containers = []corev1.Container{
		{
			Name: "etcd", Image: "gcr.io/etcd-development/etcd:v3.7.3", Args: []string{"--name=$(POD_NAME)", "--quota-backend-bytes=4294967296"},
			Resources:    corev1.ResourceRequirements{Requests: corev1.ResourceList{"cpu": resource.MustParse("100m"), "memory": resource.MustParse("1Gi")}},
			VolumeMounts: []corev1.VolumeMount{{Name: "token"}},
		},
		{Name: "mesh", Image: "mesh:1"},
	}
	pod.Spec.NodeName = "node-1"
	want := []string{"--quota-backend-bytes 4 GiB -> 2 GiB"}
	if diff := cmp.Diff(want, PodDiffers(pod, Change{After: set(nil)})); diff != "" {
		t.Error(diff)
	}
}

func TestShadowed(t *testing.T) {
	variable := func(etcd, _ map[string]any) {
		etcd["env"] = []any{map[string]any{"name": "ETCD_QUOTA_BACKEND_BYTES", "value": "1"}}
	}
	if err := Shadowed(Change{Object: set(nil), After: set(nil)}); err != nil {
		t.Error(err)
	}
	err := Shadowed(Change{Object: set(nil), After: set(variable)})
	want := `statefulset.apps/etcd has both the argument --quota-backend-bytes and the environment variable ETCD_QUOTA_BACKEND_BYTES, and etcd does not start with both (remove the variable: "kubectl set env statefulset/etcd -n ns ETCD_QUOTA_BACKEND_BYTES-")`
	if err == nil || err.Error() != want {
		t.Errorf("it says %v", err)
	}
}
