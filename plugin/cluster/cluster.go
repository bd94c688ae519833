// Package cluster finds the etcd cluster that a command targets, and how each of its members serves. It only reads.
package cluster

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Cluster is one etcd cluster as the Kubernetes API shows it.
type Cluster struct {
	Name, Namespace string
	Owner           Owner
	StatefulSet     *appsv1.StatefulSet // nil if its pods do not belong to exactly one StatefulSet
	Members         []Member            // every ordinal of the StatefulSet, then every other pod
	Seal            Seal
	SealConfig      string // the name of the seal's ConfigMap; "" if the pods read none
	Operation       Operation
	Surroundings    Surroundings
	Target          Target // what it was found by

	initial int // size of the initial cluster, if the StatefulSet is scaled to 0 and its settings show it; else 0
}

// Owner is the object that makes a cluster's pods.
type Owner struct {
	Kind OwnerKind
	Name string
}

// OwnerKind is the kind of an Owner: StatefulSet, Deployment, the kind of an operator's resource, or one of the
// constants below.
type OwnerKind string

// OwnerNode and OwnerNone stand for pods without a controller in the API.
const (
	OwnerStatefulSet OwnerKind = "StatefulSet"
	OwnerNode        OwnerKind = "Node" // static pods: the kubelet of each node creates its own
	OwnerNone        OwnerKind = "none" // bare pods, or objects of several kinds
)

// String returns the owner for display, such as StatefulSet/etcd.
func (o Owner) String() string {
	switch o.Kind {
	case OwnerNode:
		return "static pods"
	case OwnerNone:
		return "bare pods"
	}
	return string(o.Kind) + "/" + o.Name
}

// Member is one member as Kubernetes shows it.
type Member struct {
	Name    string      // etcd's name of the member if its pod shows one; else the pod's name
	PodName string      // set even if the pod does not exist
	Pod     *corev1.Pod // nil if the pod does not exist
	Zone    string
	Server  Server

	News string // why the pod does not run, or what is wrong with its node, if the pod's status does not say it
	// LastLogLines has the last log line of the containers that keep etcd from running, by container name, if the pod's
	// status does not have it.
	LastLogLines map[string]string
	// ProbeFails is the message of the liveness or startup probe for whose failure the kubelet ended etcd's container
	// within the last hour, or "".
	ProbeFails string

	// ClaimGoing is the name of the member's PersistentVolumeClaim if it is being deleted: the data is lost as soon as
	// the pod ends. Empty if the caller may not list PersistentVolumeClaims.
	ClaimGoing string
	// VolumeBytes is the size of the volume behind that claim in bytes, or 0 if it is not known.
	VolumeBytes int64
}

// Surroundings is what else in the namespace affects a cluster's pods. Incomplete notes which resources could not be read, and
// why; they are then missing here.
type Surroundings struct {
	Budgets    []policyv1.PodDisruptionBudget
	Services   []corev1.Service
	Incomplete []string
}

// Why returns the note in Incomplete on one of the Incomplete resources, or "".
func (a Surroundings) Why(unseen string) string {
	i := slices.IndexFunc(a.Incomplete, func(text string) bool { return strings.HasPrefix(text, unseen) })
	if i < 0 {
		return ""
	}
	return a.Incomplete[i]
}

// Container returns the container that runs etcd in the member's pod.
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

// UID returns the UID of the member's pod, or "".
func (m Member) UID() types.UID {
	if m.Pod == nil {
		return ""
	}
	return m.Pod.UID
}

// Member returns the member with that name, or else the one whose pod has that name.
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

// Outdated returns the members whose pods were made from another revision of the StatefulSet's template. known is false
// without a StatefulSet, and until its controller has computed the revision of the current template.
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

// ClaimName returns the name of the PersistentVolumeClaim of a StatefulSet's pod, or "" if it has none.
func (c *Cluster) ClaimName(pod string) string {
	if c.StatefulSet == nil {
		return ""
	}
	for _, t := range c.StatefulSet.Spec.VolumeClaimTemplates {
		return t.Name + "-" + pod
	}
	return ""
}

// Replicas returns the desired number of members: the replicas of the StatefulSet, or else the number of pods.
func (c *Cluster) Replicas() int {
	if c.StatefulSet == nil {
		return len(c.Members)
	}
	return int(replicas(c.StatefulSet))
}

// SealConfig returns the name of the seal's ConfigMap, or "" if the StatefulSet was not deployed from the manifests of
// this project. It reads the name from the pod template, because a user's kustomization may change it with namePrefix or
// nameSuffix.
func SealConfig(set *appsv1.StatefulSet) string {
	if set.Spec.Template.Labels[LabelComponent] != ComponentMember {
		return ""
	}
	config, _ := sealOf(set.Spec.Template.Spec)
	return config
}

// sealOf returns the ConfigMap of the seal in a pod's spec, and the container that reads it.
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

// RootSecret returns the name of the Secret with the password of etcd's user root. It does not exist if root
// authenticates by certificate.
func RootSecret(name string) string { return name + "-root" }

// LeaseName returns the name of the Lease that an operation of several steps holds.
func LeaseName(name string) string { return name + "-operation" }

func replicas(s *appsv1.StatefulSet) int32 {
	if s.Spec.Replicas == nil {
		return 1 // the API's default
	}
	return *s.Spec.Replicas
}
