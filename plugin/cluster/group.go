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

// candidate is one etcd cluster in the making: StatefulSets and pods that belong together.
type candidate struct {
	name, namespace string
	owner           Owner
	sets            []*appsv1.StatefulSet
	pods            []*corev1.Pod // those of the sets too

	container string       // which of the containers of its pods that run etcd, where there are several; else ""
	suffix    string       // of its name, where that alone would be another candidate's too
	asked     bool         // the user takes it and others for one cluster
	untied    []*candidate // those that may be of the same cluster: that cannot be told
}

// candidates puts together what has one owner: the pods of a StatefulSet, of a Deployment, of an operator's resource.
// A pod that is nobody's, or a node's, is a candidate by itself; so is a StatefulSet of one member. What of those
// belongs together only etcd's settings can tell: see merge.
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
	return settled(found)
}

// ofSet returns the candidate that a StatefulSet makes. Where an operator made that, the operator's resource owns it.
func ofSet(set *appsv1.StatefulSet) *candidate {
	c := &candidate{name: set.Name, namespace: set.Namespace, owner: Owner{OwnerStatefulSet, set.Name}, sets: []*appsv1.StatefulSet{set}}
	if ref := metav1.GetControllerOf(set); ref != nil {
		c.owner = Owner{OwnerKind(ref.Kind), ref.Name}
	}
	return c
}

func ownerKey(namespace string, uid types.UID) string { return namespace + "/" + string(uid) }

// podOwner returns the owner of a pod, and a key that is the same for all pods of one owner, or "" where the pod has
// none that others could share. The name of an owner that is no object is the pod's own for now.
func podOwner(pod *corev1.Pod) (key string, owner Owner) {
	ref := metav1.GetControllerOf(pod)
	switch {
	case ref == nil:
		return "", Owner{OwnerNone, pod.Name}
	case ref.Kind == "Node":
		// A mirror pod is called after its manifest and its node (kubernetes/pkg/kubelet/config/common.go).
		return "", Owner{OwnerNode, strings.TrimSuffix(pod.Name, "-"+strings.ToLower(pod.Spec.NodeName))}
	case ref.Kind == "ReplicaSet":
		// During a rollout a Deployment has two, each with the hash of its template in name and labels.
		name := strings.TrimSuffix(ref.Name, "-"+pod.Labels[appsv1.DefaultDeploymentUniqueLabelKey])
		return pod.Namespace + "/Deployment/" + name, Owner{"Deployment", name}
	}
	return ownerKey(pod.Namespace, ref.UID), Owner{OwnerKind(ref.Kind), ref.Name}
}

// alone reports whether a candidate may be one member of a cluster whose others have another owner.
func (c *candidate) alone() bool {
	if len(c.sets) == 0 {
		return len(c.pods) == 1
	}
	return len(c.pods) <= 1 && replicas(c.sets[0]) == 1
}

// ours reports whether a candidate is a StatefulSet under a seal of ours, and not another etcd that was added to its pods.
func (c *candidate) ours() bool {
	return len(c.sets) == 1 && SealConfig(c.sets[0]) != "" && c.suffix == ""
}

// hasSet reports whether a StatefulSet of that name is in the candidate.
func (c *candidate) hasSet(name string) bool {
	return slices.ContainsFunc(c.sets, func(s *appsv1.StatefulSet) bool { return s.Name == name })
}

// join makes one candidate of several, and finds a name for it that says what they share.
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

// commonName returns what the names of several objects begin with, up to the last word that they share in full.
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

// distinguish makes the names of a namespace's clusters differ, by what they are, then by a number.
func distinguish(found []*candidate) {
	for _, by := range []func(*candidate) string{
		func(c *candidate) string { return c.name + "." + strings.ToLower(string(c.owner.Kind)) },
		func(c *candidate) string { return c.first() },
	} {
		count := map[string]int{}
		for _, c := range found {
			count[c.namespace+"/"+c.name]++
		}
		for _, c := range found {
			bySet := len(c.sets) == 1 && c.suffix == "" // nothing else in the namespace is called so
			if count[c.namespace+"/"+c.name] > 1 && !bySet {
				c.name = by(c)
			}
		}
	}
}

// first returns the name of a candidate's first StatefulSet or pod.
func (c *candidate) first() string {
	if len(c.sets) > 0 {
		return c.sets[0].Name
	}
	return c.pods[0].Name
}

// places returns the members' places: every ordinal of the StatefulSets, whether it has a pod or not, then the other
// pods.
func (c *candidate) places() []Member {
	left := map[string]*corev1.Pod{}
	for _, p := range c.pods {
		left[p.Name] = p
	}
	var found []Member
	take := func(name string) {
		found = append(found, place(name, left[name]))
		delete(left, name)
	}
	for _, set := range c.sets {
		for i := range replicas(set) {
			take(fmt.Sprintf("%s-%d", set.Name, start(set)+i))
		}
	}
	for _, name := range byOrdinal(left) {
		take(name)
	}
	return found
}

func place(name string, pod *corev1.Pod) Member {
	m := Member{Name: name, PodName: name, Pod: pod}
	if pod != nil {
		m.Zone = pod.Labels[corev1.LabelTopologyZone] // copied from the node since Kubernetes 1.35 (KEP-4742)
	}
	return m
}

func start(set *appsv1.StatefulSet) int32 {
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

// Ordinal splits the name of a pod of a StatefulSet into that of the StatefulSet and which of its pods it is, or -1.
func Ordinal(name string) (base string, n int) {
	cut := strings.LastIndex(name, "-")
	n, err := strconv.Atoi(name[cut+1:])
	if cut < 0 || err != nil {
		return name, -1
	}
	return name[:cut], n
}
