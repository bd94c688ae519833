package cluster

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// candidate is an etcd cluster that is being assembled: StatefulSets and pods that belong together.
type candidate struct {
	name, namespace string
	owner           Owner
	sets            []*appsv1.StatefulSet
	pods            []*corev1.Pod // includes the pods of the sets

	container  string       // the container that runs etcd, if the pods have several of them; else ""
	suffix     string       // of the name, if candidates of the same pods would share it
	bySelector bool         // the user's selector takes it and others for one cluster
	maybeSame  []*candidate // candidates that may be the same cluster: their settings do not show it
}

// candidates groups by owner: the pods of a StatefulSet, of a Deployment, of an operator's resource. A bare pod, a
// static pod and a StatefulSet of one member each become a candidate. Only etcd's settings show which of them belong
// together: see merge.
func (s scan) candidates() []*candidate {
	byOwner := map[string]*candidate{}
	var found []*candidate
	add := func(key string, c *candidate) *candidate {
		if known := byOwner[key]; known != nil && key != "" {
			return known
		}
		byOwner[key] = c
		found = append(found, c)
		return c
	}
	for i := range s.sets {
		set := &s.sets[i]
		add(ownerKey(set.Namespace, set.UID), ofSet(set))
	}
	for i := range s.pods {
		pod := &s.pods[i]
		key, owner := podOwner(pod)
		c := byOwner[key]
		if key == "" || c == nil {
			c = add(key, &candidate{name: owner.Name, namespace: pod.Namespace, owner: owner})
		}
		c.pods = append(c.pods, pod)
	}
	return withoutEndedPods(found)
}

// ofSet returns the candidate of a StatefulSet. If an operator made the StatefulSet, the operator's resource is the
// owner.
func ofSet(set *appsv1.StatefulSet) *candidate {
	c := &candidate{name: set.Name, namespace: set.Namespace, owner: Owner{OwnerStatefulSet, set.Name}, sets: []*appsv1.StatefulSet{set}}
	if ref := metav1.GetControllerOf(set); ref != nil {
		c.owner = Owner{OwnerKind(ref.Kind), ref.Name}
	}
	return c
}

func ownerKey(namespace string, uid types.UID) string { return namespace + "/" + string(uid) }

// podOwner returns the owner of a pod, and a key that all pods of that owner share. The key is "" for bare and static
// pods: their Owner's name comes from the pod, until join names them.
func podOwner(pod *corev1.Pod) (key string, owner Owner) {
	ref := metav1.GetControllerOf(pod)
	switch {
	case ref == nil:
		return "", Owner{OwnerNone, pod.Name}
	case ref.Kind == "Node":
		// The name of a mirror pod is that of its manifest and of its node (kubernetes/pkg/kubelet/config/common.go).
		return "", Owner{OwnerNode, strings.TrimSuffix(pod.Name, "-"+strings.ToLower(pod.Spec.NodeName))}
	case ref.Kind == "ReplicaSet":
		// During a rollout a Deployment has two ReplicaSets, each with the hash of its template in its name and labels.
		name := strings.TrimSuffix(ref.Name, "-"+pod.Labels[appsv1.DefaultDeploymentUniqueLabelKey])
		return pod.Namespace + "/Deployment/" + name, Owner{"Deployment", name}
	}
	return ownerKey(pod.Namespace, ref.UID), Owner{OwnerKind(ref.Kind), ref.Name}
}

// isSingleMember reports whether a candidate has at most one member, so that it may be part of a cluster whose other
// members have other owners.
func (c *candidate) isSingleMember() bool {
	if len(c.sets) == 0 {
		return len(c.pods) == 1
	}
	return len(c.pods) <= 1 && replicas(c.sets[0]) == 1
}

// ours reports whether a candidate is a sealed StatefulSet of these manifests, and not another etcd in its pods.
func (c *candidate) ours() bool {
	return len(c.sets) == 1 && SealConfig(c.sets[0]) != "" && c.suffix == ""
}

// hasSet reports whether the candidate has a StatefulSet with that name.
func (c *candidate) hasSet(name string) bool {
	return slices.ContainsFunc(c.sets, func(s *appsv1.StatefulSet) bool { return s.Name == name })
}

// join makes one candidate of several, named by what their names have in common.
func join(parts []*candidate) *candidate {
	if len(parts) == 1 {
		return parts[0]
	}
	sort.Slice(parts, func(i, j int) bool { return parts[i].name < parts[j].name })
	all := &candidate{
		namespace: parts[0].namespace, owner: parts[0].owner, name: parts[0].name,
		container: parts[0].container, suffix: parts[0].suffix,
	}
	names := make([]string, len(parts))
	for i, p := range parts {
		names[i] = p.name
		all.sets = append(all.sets, p.sets...)
		all.pods = append(all.pods, p.pods...)
		if p.owner.Kind != all.owner.Kind {
			all.owner.Kind = OwnerNone
		}
	}
	all.name = commonName(names)
	all.owner.Name = strings.Join(slices.Compact(names), ",")
	return all
}

// commonName returns the common prefix of several names, up to the last "-" or "." in it, or without trailing digits if
// it has neither. It returns the first name if they have no prefix in common.
func commonName(names []string) string {
	first, last := slices.Min(names), slices.Max(names)
	if first == last {
		return first
	}
	n := 0
	for n < len(first) && n < len(last) && first[n] == last[n] {
		n++
	}
	prefix := first[:n]
	if cut := strings.LastIndexAny(prefix, "-."); cut > 0 {
		return prefix[:cut]
	}
	if prefix = strings.TrimRight(prefix, "-.0123456789"); prefix != "" {
		return prefix
	}
	return first
}

// distinguish makes the names of a namespace's clusters unique: with the kind of the owner, then with the name of the
// first StatefulSet or pod.
func distinguish(found []*candidate) {
	for _, by := range []func(*candidate) string{
		func(c *candidate) string { return c.name + "." + strings.ToLower(string(c.owner.Kind)) },
		func(c *candidate) string { return c.firstName() },
	} {
		count := map[string]int{}
		for _, c := range found {
			count[c.namespace+"/"+c.name]++
		}
		for _, c := range found {
			bySet := len(c.sets) == 1 && c.suffix == "" // it keeps its name, and the others change theirs
			if count[c.namespace+"/"+c.name] > 1 && !bySet {
				c.name = by(c)
			}
		}
	}
}

// firstName returns the name of a candidate's first StatefulSet or pod.
func (c *candidate) firstName() string {
	if len(c.sets) > 0 {
		return c.sets[0].Name
	}
	return c.pods[0].Name
}

// members returns every ordinal of the StatefulSets, with or without a pod, then the other pods.
func (c *candidate) members() []Member {
	left := map[string]*corev1.Pod{}
	for _, p := range c.pods {
		left[p.Name] = p
	}
	var found []Member
	take := func(name string) {
		found = append(found, newMember(name, left[name]))
		delete(left, name)
	}
	for _, set := range c.sets {
		for i := range replicas(set) {
			take(fmt.Sprintf("%s-%d", set.Name, startOrdinal(set)+i))
		}
	}
	for _, name := range byOrdinal(left) {
		take(name)
	}
	return found
}

func newMember(name string, pod *corev1.Pod) Member {
	m := Member{Name: name, PodName: name, Pod: pod}
	if pod != nil {
		m.Zone = pod.Labels[corev1.LabelTopologyZone] // copied from the node since Kubernetes 1.35 (KEP-4742)
	}
	return m
}

func startOrdinal(set *appsv1.StatefulSet) int32 {
	if set.Spec.Ordinals == nil {
		return 0
	}
	return set.Spec.Ordinals.Start
}

// byOrdinal sorts pod names so that etcd-10 comes after etcd-9.
func byOrdinal(pods map[string]*corev1.Pod) []string {
	names := make([]string, 0, len(pods))
	for name := range pods {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, m := Ordinal(names[i])
		b, n := Ordinal(names[j])
		if a == b && m != n {
			return m < n
		}
		return names[i] < names[j]
	})
	return names
}

// Ordinal splits the name of a StatefulSet's pod into the StatefulSet's name and the ordinal. n is -1 if name has no
// ordinal.
func Ordinal(name string) (base string, n int) {
	cut := strings.LastIndex(name, "-")
	n, err := strconv.Atoi(name[cut+1:])
	if cut < 0 || err != nil {
		return name, -1
	}
	return name[:cut], n
}
