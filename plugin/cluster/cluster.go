// Package cluster finds out which etcd cluster a command is about, and how each of its members serves. It only reads.
package cluster

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Cluster is one etcd cluster as Kubernetes knows it.
type Cluster struct {
	Name, Namespace string
	Owner           Owner
	StatefulSet     *appsv1.StatefulSet // nil where its pods are not of one StatefulSet
	Members         []Member            // every ordinal of the StatefulSet, then pods beyond it that are not yet gone; else every pod
	Seal            Seal
	SealConfig      string // the ConfigMap of the seal, or "" where the pods read none
	Operation       Operation
	Around          Around
	Target          Target // by which it was found

	initial int // members that it began with, where it is scaled to 0 and that can be told
}

// Owner is what makes a cluster's pods.
type Owner struct {
	Kind OwnerKind
	Name string
}

// OwnerKind is the kind of object that makes a cluster's pods: StatefulSet, Deployment, or that of an operator's
// resource, beside the two below.
type OwnerKind string

// The owners that are no object which controls pods.
const (
	OwnerStatefulSet OwnerKind = "StatefulSet"
	OwnerNode        OwnerKind = "Node" // static pods: the kubelet of each node makes its own
	OwnerNone        OwnerKind = "none" // bare pods, or objects of several kinds
)

// String tells the owner for people.
func (o Owner) String() string {
	switch o.Kind {
	case OwnerNode:
		return "static pods"
	case OwnerNone:
		return "bare pods"
	}
	return string(o.Kind) + "/" + o.Name
}

// Member is one member's place in Kubernetes.
type Member struct {
	Name    string      // etcd's name of it, where its pod tells; else the pod's name
	PodName string      // also where the pod does not exist
	Pod     *corev1.Pod // nil where there is none
	Zone    string
	Server  Server

	News string // why its pod does not run, where that stands outside of the pod's status, or what is with its node
	// LastWords are the last log lines of the containers that keep etcd from running, by name, where the pod's status does
	// not have them.
	LastWords map[string]string
	// ProbeFails is what the liveness or startup probe said for which the kubelet ended etcd's container within the last
	// hour, or "".
	ProbeFails string

	// ClaimGoing is the name of the member's volume claim where that is being deleted: the data goes with it as soon as
	// the pod ends. Who may not read claims sees none.
	ClaimGoing string
	// VolumeBytes is the size of the volume behind that claim, or 0 where it is not known.
	VolumeBytes int64
}

// Around is what else in the namespace acts on a cluster's pods. Unseen names what could not be read, which is then
// empty here.
type Around struct {
	Budgets    []policyv1.PodDisruptionBudget
	Services   []corev1.Service
	Incomplete []string
}

// Why says why one of the Unseen could not be read, or "".
func (a Around) Why(unseen string) string {
	i := slices.IndexFunc(a.Incomplete, func(text string) bool { return strings.HasPrefix(text, unseen) })
	if i < 0 {
		return ""
	}
	return a.Incomplete[i]
}

// Container returns the container of the member's pod that runs etcd.
func (m Member) Container() (c corev1.Container, found bool) {
	if m.Pod == nil {
		return c, false
	}
	return etcdContainer(m.Pod.Spec, m.Server.Container)
}

// Node returns the node that the member's pod runs on, or "".
func (m Member) Node() string {
	if m.Pod == nil {
		return ""
	}
	return m.Pod.Spec.NodeName
}

// UID returns the identity of the member's pod, or "".
func (m Member) UID() types.UID {
	if m.Pod == nil {
		return ""
	}
	return m.Pod.UID
}

// Member returns the member of that name, or whose pod has that name.
func (c *Cluster) Member(name string) (Member, bool) {
	for _, m := range c.Members {
		if m.Name == name {
			return m, true
		}
	}
	for _, m := range c.Members {
		if m.PodName == name {
			return m, true
		}
	}
	return Member{}, false
}

// Outdated returns the members whose pods were made from another template than the StatefulSet has now. known is false
// while the controller has not yet computed the revision of the new template.
func (c *Cluster) Outdated() (members []Member, known bool) {
	set := c.StatefulSet
	if set == nil || set.Status.ObservedGeneration < set.Generation {
		return nil, false
	}
	for _, m := range c.Members {
		if m.Pod != nil && m.Pod.DeletionTimestamp == nil &&
			m.Pod.Labels[appsv1.ControllerRevisionHashLabelKey] != set.Status.UpdateRevision {
			members = append(members, m)
		}
	}
	return members, true
}

// ClaimName returns the name of the volume claim of a StatefulSet's pod, or "" where it has none.
func (c *Cluster) ClaimName(pod string) string {
	if c.StatefulSet == nil {
		return ""
	}
	for _, t := range c.StatefulSet.Spec.VolumeClaimTemplates {
		return t.Name + "-" + pod
	}
	return ""
}

// Replicas returns how many members there should be: what the StatefulSet asks for, or as many as there are pods.
func (c *Cluster) Replicas() int {
	if c.StatefulSet == nil {
		return len(c.Members)
	}
	return int(replicas(c.StatefulSet))
}

// SealConfig returns the name of the seal's ConfigMap, or "" where a StatefulSet's pods read none: then it was not
// deployed from the manifests of this project. It is read off the pod template, because a namePrefix or nameSuffix in
// somebody's kustomization changes it.
func SealConfig(set *appsv1.StatefulSet) string {
	if set.Spec.Template.Labels[LabelComponent] != ComponentMember {
		return ""
	}
	config, _ := sealOf(set.Spec.Template.Spec)
	return config
}

// sealOf returns the ConfigMap of the seal that a container of a pod reads, and which container that is.
func sealOf(spec corev1.PodSpec) (config, container string) {
	for _, c := range spec.Containers {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil && strings.Contains(from.ConfigMapRef.Name, "-seal") {
				return from.ConfigMapRef.Name, c.Name
			}
		}
	}
	return "", ""
}

// RootSecret is the name of the Secret with the password of etcd's user root, where root is not by certificate.
func RootSecret(name string) string { return name + "-root" }

// LeaseName is the name of the Lease that an operation in several steps holds.
func LeaseName(name string) string { return name + "-operation" }

func replicas(s *appsv1.StatefulSet) int32 {
	if s.Spec.Replicas == nil {
		return 1 // the API's default
	}
	return *s.Spec.Replicas
}
