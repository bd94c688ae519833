// Package cluster finds out which etcd cluster a command is about. It only reads.
package cluster

import (
	"fmt"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Cluster is one etcd cluster as Kubernetes knows it.
type Cluster struct {
	Name, Namespace string
	StatefulSet     *appsv1.StatefulSet
	Scheme          string // of the client URL: http or https
	ClientPort      int
	Members         []Member // every ordinal of the StatefulSet, then pods beyond it that are not yet gone
	Seal            Seal
	SealConfig      string // the ConfigMap of the seal, or "" where the pods read none
	Operation       string // who holds the operation Lease and at which step, or ""
}

// Member is one member's place in Kubernetes.
type Member struct {
	Name string      // the pod's name, which is the member's in every manifest of ours
	Host string      // the pod's name under the headless Service: etcd-0.etcd.ns.svc
	Pod  *corev1.Pod // nil where there is none
	Zone string

	// ClaimGoing is the name of the member's volume claim where that is being deleted: the data goes with it as soon as
	// the pod ends. Who may not read claims sees none.
	ClaimGoing string
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

// Member returns the member of that name.
func (c *Cluster) Member(name string) (Member, bool) {
	for _, m := range c.Members {
		if m.Name == name {
			return m, true
		}
	}
	return Member{}, false
}

// ClaimName returns the name of a member's volume claim, as the StatefulSet makes it, or "" where it has none.
func (c *Cluster) ClaimName(member string) string {
	for _, t := range c.StatefulSet.Spec.VolumeClaimTemplates {
		return t.Name + "-" + member
	}
	return ""
}

// Replicas returns how many members the StatefulSet asks for.
func (c *Cluster) Replicas() int { return int(replicas(c.StatefulSet)) }

// Endpoint returns the client URL of a member.
func (c *Cluster) Endpoint(m Member) string {
	return fmt.Sprintf("%s://%s:%d", c.Scheme, m.Host, c.ClientPort)
}

// SealConfig returns the name of the seal's ConfigMap, or "" where a StatefulSet's pods read none: then it was not
// deployed from the manifests of this project. It is read off the pod template, because a namePrefix or nameSuffix in
// somebody's kustomization changes it.
func SealConfig(set *appsv1.StatefulSet) string {
	for _, c := range set.Spec.Template.Spec.Containers {
		for _, from := range c.EnvFrom {
			if from.ConfigMapRef != nil && strings.Contains(from.ConfigMapRef.Name, "-seal") {
				return from.ConfigMapRef.Name
			}
		}
	}
	return ""
}

// LeaseName is the name of the Lease that an operation in several steps holds.
func LeaseName(name string) string { return name + "-operation" }

func replicas(s *appsv1.StatefulSet) int32 {
	if s.Spec.Replicas == nil {
		return 1 // the API's default
	}
	return *s.Spec.Replicas
}
