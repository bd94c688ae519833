package deploy

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/image"
)

const (
	templatePath  = "/spec/template/"
	etcdContainer = "etcd" // base/statefulset.yaml
)

func isStatefulSet(o *unstructured.Unstructured) bool { return o.GetKind() == "StatefulSet" }

// PodChanges says what an apply to a StatefulSet changes in the pods that it makes: arguments, resources and images one by
// one, of other fields which. Both sides are the server's, so that its defaults do not differ.
func PodChanges(c Change) []string {
	if c.Before == nil || c.After == nil {
		return nil
	}
	was, is := template(c.Before), template(c.After)
	words := containers(field(was, "spec"), field(is, "spec"), "containers", "")
	words = append(words, containers(field(was, "spec"), field(is, "spec"), "initContainers", "init ")...)
	words = append(words, entries("label", field(was, "metadata", "labels"), field(is, "metadata", "labels"))...)
	words = append(words, entries("annotation", field(was, "metadata", "annotations"), field(is, "metadata", "annotations"))...)
	return append(words, others(field(was, "spec"), field(is, "spec"), "containers", "initContainers")...)
}

// PodDiffers says in what a pod that runs differs from the template that is to be: in the arguments, resources and image of
// those of its containers that the template has. What the server and its webhooks add to a pod is no difference.
func PodDiffers(pod *corev1.Pod, c Change) []string {
	if c.After == nil {
		return nil
	}
	data, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return nil
	}
	was, is := byName(field(data, "spec"), "containers"), byName(field(template(c.After), "spec"), "containers")
	var words []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if was[name] != nil {
			words = append(words, named(name, "", ran(name, was[name], is[name]))...)
		}
	}
	return words
}

func template(o *unstructured.Unstructured) map[string]any {
	return field(o.Object, "spec", "template")
}

func field(o map[string]any, path ...string) map[string]any {
	found, _, _ := unstructured.NestedFieldNoCopy(o, path...)
	fields, _ := found.(map[string]any)
	return fields
}

func byName(spec map[string]any, list string) map[string]map[string]any {
	found := map[string]map[string]any{}
	items, _ := spec[list].([]any)
	for _, item := range items {
		c, _ := item.(map[string]any)
		name, _ := c["name"].(string)
		found[name] = c
	}
	return found
}

func containers(wasSpec, isSpec map[string]any, list, kind string) []string {
	was, is := byName(wasSpec, list), byName(isSpec, list)
	var words []string
	for _, name := range union(was, is) {
		switch {
		case was[name] == nil:
			words = append(words, fmt.Sprintf("%scontainer %q added", kind, name))
		case is[name] == nil:
			words = append(words, fmt.Sprintf("%scontainer %q removed", kind, name))
		default:
			found := ran(name, was[name], is[name])
			found = append(found, variables(was[name]["env"], is[name]["env"])...)
			found = append(found, others(was[name], is[name], "name", "image", "args", "resources", "env")...)
			words = append(words, named(name, kind, found)...)
		}
	}
	return words
}

// named puts the container's name before what changes in one other than etcd's.
func named(name, kind string, words []string) []string {
	if name == etcdContainer && kind == "" {
		return words
	}
	for i := range words {
		words[i] = fmt.Sprintf("%scontainer %q: %s", kind, name, words[i])
	}
	return words
}

// ran says what changes in how a container runs.
func ran(name string, was, is map[string]any) []string {
	words := images(textOf(was["image"]), textOf(is["image"]))
	words = append(words, arguments(name, was["args"], is["args"])...)
	for _, kind := range []string{"request", "limit"} {
		before, after := field(was, "resources", kind+"s"), field(is, "resources", kind+"s")
		for _, resource := range union(before, after) {
			if a, b := textOf(before[resource]), textOf(after[resource]); a != b {
				words = append(words, resource+" "+kind+" "+changed(a, b))
			}
		}
	}
	return words
}

// images names versions where nothing else of the image differs.
func images(was, is string) []string {
	if was == is {
		return nil
	}
	repositoryWas, tagWas, digestWas := image.Split(was)
	repositoryIs, tagIs, digestIs := image.Split(is)
	if repositoryWas == repositoryIs && digestWas == "" && digestIs == "" && tagWas != "" && tagIs != "" {
		was, is = tagWas, tagIs
	}
	return []string{"image " + changed(was, is)}
}

// arguments compares flags by their names. Those of other containers than etcd's may hold what is nobody's business.
func arguments(container string, was, is any) []string {
	if reflect.DeepEqual(was, is) {
		return nil
	}
	if container != etcdContainer {
		return []string{"arguments changed"}
	}
	before, after := flags(was), flags(is)
	var words []string
	for _, flag := range union(before, after) {
		a, hadIt := before[flag]
		b, hasIt := after[flag]
		a, b = sizes(flag, a, b)
		switch {
		case !hadIt:
			words = append(words, strings.TrimSuffix(flag+" added ("+short(b)+")", " ()"))
		case !hasIt:
			words = append(words, strings.TrimSuffix(flag+" removed (was "+short(a)+")", " (was )"))
		case a != b:
			words = append(words, flag+" "+short(a)+" -> "+short(b))
		}
	}
	if len(words) == 0 {
		return []string{"order of the arguments changed"}
	}
	return words
}

// flags reads arguments as etcd does: with one dash or two, the value behind "=" or in the next one, the last one counts.
func flags(args any) map[string]string {
	list, _ := args.([]any)
	found := map[string]string{}
	for i := 0; i < len(list); i++ {
		name, value, ok := strings.Cut(textOf(list[i]), "=")
		if next := i + 1; !ok && next < len(list) && !strings.HasPrefix(textOf(list[next]), "-") {
			value, i = textOf(list[next]), next
		}
		if trimmed := strings.TrimLeft(name, "-"); trimmed != name {
			name = "--" + trimmed
		}
		found[name] = value
	}
	return found
}

// sizes puts numbers of bytes into words, unless the same words stand for both.
func sizes(flag, a, b string) (string, string) {
	if !strings.HasSuffix(flag, "-bytes") {
		return a, b
	}
	if x, y := size(a), size(b); x != y {
		return x, y
	}
	return a, b
}

func size(text string) string {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return text
	}
	return strings.Replace(humanize.IBytes(n), ".0 ", " ", 1)
}

// entries compares labels, annotations and the like.
func entries(what string, was, is map[string]any) []string {
	var words []string
	for _, key := range union(was, is) {
		if a, b := textOf(was[key]), textOf(is[key]); a != b {
			words = append(words, what+" "+key+" "+changed(a, b))
		}
	}
	return words
}

// variables compares environments. Values are not told: they may be secret.
func variables(was, is any) []string {
	before, after := byName(map[string]any{"": was}, ""), byName(map[string]any{"": is}, "")
	var words []string
	for _, name := range union(before, after) {
		if !reflect.DeepEqual(before[name], after[name]) {
			words = append(words, "variable "+name+" "+become(before[name] != nil, after[name] != nil))
		}
	}
	return words
}

// others names the fields that differ, but for those that have words of their own.
func others(was, is map[string]any, told ...string) []string {
	var words []string
	for _, key := range union(was, is) {
		if !slices.Contains(told, key) && !reflect.DeepEqual(was[key], is[key]) {
			words = append(words, key+" "+become(was[key] != nil, is[key] != nil))
		}
	}
	return words
}

func become(was, is bool) string {
	switch {
	case !was:
		return "added"
	case !is:
		return "removed"
	}
	return "changed"
}

func union[V any](a, b map[string]V) []string {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]V{}
	}
	maps.Copy(all, b)
	return slices.Sorted(maps.Keys(all))
}

// Shadowed returns an error where etcd would get a setting twice, by a flag of the manifests and by a variable that somebody
// has added: it then does not start (etcd, pkg/flags/flag.go, verifyEnv).
func Shadowed(c Change) error {
	if c.After == nil || !isStatefulSet(c.Object) {
		return nil
	}
	etcd := byName(field(template(c.After), "spec"), "containers")[etcdContainer]
	set := byName(etcd, "env")
	for flag := range flags(etcd["args"]) {
		variable := "ETCD_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "-", "_"))
		if set[variable] != nil {
			return fmt.Errorf("%s has both the argument %s and the variable %s, and etcd does not start with both (remove the variable: \"kubectl set env statefulset/%s -n %s %s-\")",
				c, flag, variable, c.Object.GetName(), c.Object.GetNamespace(), variable)
		}
	}
	return nil
}
