package kustomize

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// effect is the effect of a difference between the manifests of two releases on a cluster that the older one created.
type effect string

const (
	// harmless has no effect on members or clients.
	harmless effect = "harmless"
	// felt restarts members, or affects clients, load balancers or drains. It needs a review.
	felt effect = "felt"
	// refused is a change that the API server refuses for an existing object, so "up" would fail on every older cluster.
	refused effect = "refused"
)

// change is a difference between two manifests. Its path does not depend on the cluster's name.
type change struct {
	path   string
	effect effect
}

// rules map fields to the effect of a change in or below them. The first matching rule counts. Without one, the effect is
// felt.
func rules() []rule {
	return []rule{
		{"StatefulSet", "spec.template", felt},
		{"StatefulSet", "spec.updateStrategy", felt}, // RollingUpdate would restart members by itself
		{"StatefulSet", "spec.persistentVolumeClaimRetentionPolicy", felt},
		{"StatefulSet", "spec.minReadySeconds", harmless},
		{"StatefulSet", "spec.revisionHistoryLimit", harmless},
		// ValidateStatefulSetUpdate in k8s.io/kubernetes/pkg/apis/apps/validation allows the fields above, ordinals and
		// replicas. A change of ordinals would rename members, and one of replicas must go through etcd's membership.
		{"StatefulSet", "spec", refused},
		// The bootstrap is immutable. The seal's data belongs to another field manager.
		{"ConfigMap", "data", refused},
		{"ConfigMap", "binaryData", refused},
		{"ConfigMap", "immutable", refused},
		// ValidateStorageClassUpdate allows only this change. "up" does not change an existing class.
		{"StorageClass", "allowVolumeExpansion", felt},
		{"StorageClass", "metadata", harmless},
		{"StorageClass", "", refused},
		{"Service", "spec.clusterIP", refused},
		{"Service", "metadata.annotations", felt}, // clouds configure load balancers by them
		{"", "metadata.labels", harmless},
		{"", "metadata.annotations", harmless},
	}
}

type rule struct {
	kind, field string
	effect      effect
}

func (r rule) fits(kind, field string) bool {
	rest, below := strings.CutPrefix(field, r.field)
	below = below && (r.field == "" || rest == "" || rest[0] == '.' || rest[0] == '[')
	return below && (r.kind == "" || r.kind == kind)
}

func effectOf(kind, field string) effect {
	for _, r := range rules() {
		if r.fits(kind, field) {
			return r.effect
		}
	}
	return felt
}

// changes compares the manifests of two releases, object by object. An object that is no longer rendered stays in old
// clusters, because "up" deletes nothing. A StatefulSet or ConfigMap of another name would be another cluster.
func changes(before, after []*unstructured.Unstructured) []change {
	was, is := byKey(before), byKey(after)
	var list []change
	for _, key := range slices.Sorted(maps.Keys(union(was, is))) {
		kind, _, _ := strings.Cut(key, " ")
		switch {
		case is[key] == nil && (kind == "StatefulSet" || kind == "ConfigMap"):
			list = append(list, change{key + " gone", refused})
		case is[key] == nil:
			list = append(list, change{key + " gone", felt})
		case was[key] == nil:
			list = append(list, change{key + " new", felt})
		default:
			for _, field := range differing("", was[key], is[key]) {
				list = append(list, change{key + " " + field, effectOf(kind, field)})
			}
		}
	}
	return list
}

// byKey maps kind and name to the object, with NAME in place of the cluster's name.
func byKey(objects []*unstructured.Unstructured) map[string]any {
	found := map[string]any{}
	for _, o := range objects {
		name := o.GetName()
		if rest, ok := strings.CutPrefix(name, o.GetLabels()[instanceLabel]); ok && len(rest) < len(name) {
			name = "NAME" + rest
		}
		found[o.GetKind()+" "+name] = o.Object
	}
	return found
}

func union(a, b map[string]any) map[string]any {
	all := maps.Clone(a)
	maps.Copy(all, b)
	return all
}

// differing returns the paths at which two values differ.
func differing(path string, a, b any) []string {
	if reflect.DeepEqual(a, b) {
		return nil
	}
	if x, y, ok := both[map[string]any](a, b); ok {
		return differingFields(path, ".%s", x, y)
	}
	if x, y, ok := both[[]any](a, b); ok {
		return differingItems(path, x, y)
	}
	return []string{path}
}

func both[T any](a, b any) (T, T, bool) {
	x, okX := a.(T)
	y, okY := b.(T)
	return x, y, okX && okY
}

func differingFields(path, format string, a, b map[string]any) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(union(a, b))) {
		x, inA := a[key]
		y, inB := b[key]
		at := strings.TrimPrefix(path+fmt.Sprintf(format, key), ".")
		if inA != inB {
			list = append(list, at)
		} else {
			list = append(list, differing(at, x, y)...)
		}
	}
	return list
}

// differingItems identifies an item by its name or its value, so that an inserted item does not change the paths of the
// others. The order counts too: in another order, a pod template is a different template.
func differingItems(path string, a, b []any) []string {
	x, namesA := byName(a)
	y, namesB := byName(b)
	list := differingFields(path, "[%s]", x, y)
	if len(list) == 0 || !slices.Equal(common(namesA, y), common(namesB, x)) {
		list = append(list, path)
	}
	return list
}

func common(names []string, in map[string]any) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return in[name] == nil })
}

func byName(items []any) (map[string]any, []string) {
	found := map[string]any{}
	names := make([]string, len(items))
	for i, item := range items {
		switch v := item.(type) {
		case map[string]any:
			names[i] = fmt.Sprint(i)
			if name, ok := v["name"].(string); ok {
				names[i] = name
			}
		default:
			names[i] = fmt.Sprintf("%q", fmt.Sprint(v))
		}
		found[names[i]] = item
	}
	return found, names
}

// Each case makes one change to the manifests of the local overlay with TLS.
func TestChanges(t *testing.T) {
	set := func(value any, at ...string) func(map[string]any) {
		return func(o map[string]any) { mustSet(t, o, value, at...) }
	}
	for name, c := range map[string]struct {
		key  string // of the object that is changed
		edit func(map[string]any)
		want []change
	}{
		"nothing":    {"StatefulSet NAME", func(map[string]any) {}, nil},
		"a label":    {"StatefulSet NAME", set("b", "metadata", "labels", "a"), []change{{"StatefulSet NAME metadata.labels.a", harmless}}},
		"pod label":  {"StatefulSet NAME", set("b", "spec", "template", "metadata", "labels", "a"), []change{{"StatefulSet NAME spec.template.metadata.labels.a", felt}}},
		"selector":   {"StatefulSet NAME", set("b", "spec", "selector", "matchLabels", "a"), []change{{"StatefulSet NAME spec.selector.matchLabels.a", refused}}},
		"service":    {"StatefulSet NAME", set("b", "spec", "serviceName"), []change{{"StatefulSet NAME spec.serviceName", refused}}},
		"management": {"StatefulSet NAME", set("OrderedReady", "spec", "podManagementPolicy"), []change{{"StatefulSet NAME spec.podManagementPolicy", refused}}},
		"replicas":   {"StatefulSet NAME", set(int64(5), "spec", "replicas"), []change{{"StatefulSet NAME spec.replicas", refused}}},
		"strategy":   {"StatefulSet NAME", set("RollingUpdate", "spec", "updateStrategy", "type"), []change{{"StatefulSet NAME spec.updateStrategy.type", felt}}},
		"history":    {"StatefulSet NAME", set(int64(3), "spec", "revisionHistoryLimit"), []change{{"StatefulSet NAME spec.revisionHistoryLimit", harmless}}},
		"claims": {"StatefulSet NAME", func(o map[string]any) {
			claim := o["spec"].(map[string]any)["volumeClaimTemplates"].([]any)[0].(map[string]any)
			mustSet(t, claim, "b", "spec", "storageClassName")
		}, []change{{"StatefulSet NAME spec.volumeClaimTemplates[0].spec.storageClassName", refused}}},
		"an argument more": {"StatefulSet NAME", func(o map[string]any) {
			etcd := container(t, o)
			etcd["args"] = append([]any{"--first"}, etcd["args"].([]any)...)
		}, []change{{`StatefulSet NAME spec.template.spec.containers[etcd].args["--first"]`, felt}}},
		"arguments the other way round": {"StatefulSet NAME", func(o map[string]any) {
			slices.Reverse(container(t, o)["args"].([]any))
		}, []change{{"StatefulSet NAME spec.template.spec.containers[etcd].args", felt}}},
		"an argument twice": {"StatefulSet NAME", func(o map[string]any) {
			args := container(t, o)["args"].([]any)
			container(t, o)["args"] = append(args, args[0])
		}, []change{{"StatefulSet NAME spec.template.spec.containers[etcd].args", felt}}},
		"image":            {"StatefulSet NAME", func(o map[string]any) { container(t, o)["image"] = "b" }, []change{{"StatefulSet NAME spec.template.spec.containers[etcd].image", felt}}},
		"bootstrap":        {"ConfigMap NAME-bootstrap", set("b", "data", "ETCD_NAME"), []change{{"ConfigMap NAME-bootstrap data.ETCD_NAME", refused}}},
		"seal":             {"ConfigMap NAME-seal", set("b", "data", "ETCD_NAME"), []change{{"ConfigMap NAME-seal data", refused}}},
		"annotation":       {"ConfigMap NAME-bootstrap", set("b", "metadata", "annotations", "a"), []change{{"ConfigMap NAME-bootstrap metadata.annotations.a", harmless}}},
		"balancer":         {"Service NAME-client", set("b", "metadata", "annotations", "a"), []change{{"Service NAME-client metadata.annotations", felt}}},
		"headless":         {"Service NAME", set("10.0.0.1", "spec", "clusterIP"), []change{{"Service NAME spec.clusterIP", refused}}},
		"budget":           {"PodDisruptionBudget NAME", set(int64(2), "spec", "maxUnavailable"), []change{{"PodDisruptionBudget NAME spec.maxUnavailable", felt}}},
		"class":            {"StorageClass etcd-ssd", set("b", "parameters", "type"), []change{{"StorageClass etcd-ssd parameters", refused}}},
		"another name":     {"StatefulSet NAME", set("b", "metadata", "name"), []change{{"StatefulSet NAME gone", refused}, {"StatefulSet b new", felt}}},
		"an object's kind": {"PodDisruptionBudget NAME", set("Budget", "kind"), []change{{"Budget NAME new", felt}, {"PodDisruptionBudget NAME gone", felt}}},
	} {
		t.Run(name, func(t *testing.T) {
			before := mustRender(t, Options{Overlay: "local", TLS: TLSAuto}).Objects
			before = append(before, mustClass(t))
			after := make([]*unstructured.Unstructured, len(before))
			for i, o := range before {
				after[i] = o.DeepCopy()
			}
			c.edit(byKey(after)[c.key].(map[string]any))
			if diff := cmp.Diff(c.want, changes(before, after), cmp.AllowUnexported(change{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// mustClass returns gke's StorageClass without parameters. The local overlay has none.
func mustClass(t *testing.T) *unstructured.Unstructured {
	t.Helper()
	for _, o := range mustRender(t, Options{Overlay: "gke"}).Objects {
		if o.GetKind() == "StorageClass" {
			unstructured.RemoveNestedField(o.Object, "parameters")
			return o
		}
	}
	t.Fatal("gke has no StorageClass")
	return nil
}

func mustSet(t *testing.T, o map[string]any, value any, at ...string) {
	t.Helper()
	if err := unstructured.SetNestedField(o, value, at...); err != nil {
		t.Fatal(err)
	}
}

func container(t *testing.T, o map[string]any) map[string]any {
	t.Helper()
	list, found, err := unstructured.NestedFieldNoCopy(o, "spec", "template", "spec", "containers")
	if err != nil || !found {
		t.Fatal(err)
	}
	return list.([]any)[0].(map[string]any)
}
