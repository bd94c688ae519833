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

// PodChanges returns the changes of a StatefulSet's pod template as text for users: arguments, resources and images with their
// values, other fields by name. Both sides come from the API server, so its defaults are no difference.
func PodChanges(c Change) []string {
	if c.Before == nil || c.After == nil {
		return nil
	}
	was, is := podTemplate(c.Before), podTemplate(c.After)
	words := containerChanges(field(was, "spec"), field(is, "spec"), "containers", "")
	words = append(words, containerChanges(field(was, "spec"), field(is, "spec"), "initContainers", "init ")...)
	words = append(words, entryChanges("label", field(was, "metadata", "labels"), field(is, "metadata", "labels"))...)
	words = append(words, entryChanges("annotation", field(was, "metadata", "annotations"), field(is, "metadata", "annotations"))...)
	return append(words, otherChanges(field(was, "spec"), field(is, "spec"), "containers", "initContainers")...)
}

// PodDiffers returns the differences between a pod and the template of c.After as text for users. It compares the arguments,
// resources and image of the containers that the template has: what the API server and its webhooks add to a pod is no
// difference.
func PodDiffers(pod *corev1.Pod, c Change) []string {
	if c.After == nil {
		return nil
	}
	data, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return nil
	}
	was, is := byName(field(data, "spec"), "containers"), byName(field(podTemplate(c.After), "spec"), "containers")
	var words []string
	for _, name := range slices.Sorted(maps.Keys(is)) {
		if was[name] != nil {
			words = append(words, withContainer(name, "", runChanges(name, was[name], is[name]))...)
		}
	}
	return words
}

func podTemplate(o *unstructured.Unstructured) map[string]any {
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

func containerChanges(wasSpec, isSpec map[string]any, list, kind string) []string {
	was, is := byName(wasSpec, list), byName(isSpec, list)
	var words []string
	for _, name := range union(was, is) {
		switch {
		case was[name] == nil:
			words = append(words, fmt.Sprintf("%scontainer %q added", kind, name))
		case is[name] == nil:
			words = append(words, fmt.Sprintf("%scontainer %q removed", kind, name))
		default:
			found := runChanges(name, was[name], is[name])
			found = append(found, variableChanges(was[name]["env"], is[name]["env"])...)
			found = append(found, otherChanges(was[name], is[name], "name", "image", "args", "resources", "env")...)
			words = append(words, withContainer(name, kind, found)...)
		}
	}
	return words
}

// withContainer puts the container's name before each change of a container other than etcd's.
func withContainer(name, kind string, words []string) []string {
	if name == etcdContainer && kind == "" {
		return words
	}
	for i := range words {
		words[i] = fmt.Sprintf("%scontainer %q: %s", kind, name, words[i])
	}
	return words
}

// runChanges returns the changes of a container's image, arguments and resources.
func runChanges(name string, was, is map[string]any) []string {
	words := imageChange(textOf(was["image"]), textOf(is["image"]))
	words = append(words, argumentChanges(name, was["args"], is["args"])...)
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

// imageChange returns the change of an image: of the tag only, if nothing else of the image differs.
func imageChange(was, is string) []string {
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

// argumentChanges compares flags by name. The arguments of containers other than etcd's are not shown: they may hold secrets.
func argumentChanges(container string, was, is any) []string {
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
		a, b = humanSizes(flag, a, b)
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

// flags parses arguments as etcd does: with one dash or two, the value after "=" or in the next argument. The last one of a
// flag counts.
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

// humanSizes formats the values of a flag for bytes, unless both would have the same text.
func humanSizes(flag, a, b string) (string, string) {
	if !strings.HasSuffix(flag, "-bytes") {
		return a, b
	}
	if x, y := humanSize(a), humanSize(b); x != y {
		return x, y
	}
	return a, b
}

func humanSize(text string) string {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return text
	}
	return strings.Replace(humanize.IBytes(n), ".0 ", " ", 1)
}

// entryChanges compares labels or annotations.
func entryChanges(what string, was, is map[string]any) []string {
	var words []string
	for _, key := range union(was, is) {
		if a, b := textOf(was[key]), textOf(is[key]); a != b {
			words = append(words, what+" "+key+" "+changed(a, b))
		}
	}
	return words
}

// variableChanges compares environment variables. Their values are not shown: they may be secret.
func variableChanges(was, is any) []string {
	before, after := byName(map[string]any{"": was}, ""), byName(map[string]any{"": is}, "")
	var words []string
	for _, name := range union(before, after) {
		if !reflect.DeepEqual(before[name], after[name]) {
			words = append(words, "variable "+name+" "+presenceChange(before[name] != nil, after[name] != nil))
		}
	}
	return words
}

// otherChanges names the fields that differ, except those in handled.
func otherChanges(was, is map[string]any, handled ...string) []string {
	var words []string
	for _, key := range union(was, is) {
		if !slices.Contains(handled, key) && !reflect.DeepEqual(was[key], is[key]) {
			words = append(words, key+" "+presenceChange(was[key] != nil, is[key] != nil))
		}
	}
	return words
}

func presenceChange(was, is bool) string {
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

// Shadowed returns an error if etcd would get a setting both by a flag of the manifests and by an environment variable that
// was added: etcd does not start with both (etcd, pkg/flags/flag.go, verifyEnv).
func Shadowed(c Change) error {
	if c.After == nil || !isStatefulSet(c.Object) {
		return nil
	}
	etcd := byName(field(podTemplate(c.After), "spec"), "containers")[etcdContainer]
	set := byName(etcd, "env")
	for flag := range flags(etcd["args"]) {
		variable := "ETCD_" + strings.ToUpper(strings.ReplaceAll(strings.TrimPrefix(flag, "--"), "-", "_"))
		if set[variable] != nil {
			return fmt.Errorf("%s has both the argument %s and the environment variable %s, and etcd does not start with both (remove the variable: \"kubectl set env statefulset/%s -n %s %s-\")",
				c, flag, variable, c.Object.GetName(), c.Object.GetNamespace(), variable)
		}
	}
	return nil
}
