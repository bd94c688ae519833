package cluster

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ref is how a user names a cluster: by its name, or by KIND/NAME of an object that makes its pods, as kubectl accepts
// it and "list" prints it.
type ref struct {
	text string
	kind OwnerKind // "" for the name of a cluster; an unknown kind is kept as typed
	name string
}

const (
	kindPod        OwnerKind = "Pod"
	kindReplicaSet OwnerKind = "ReplicaSet"
)

// NameError says that a name is malformed or of an unknown kind.
type NameError struct{ text string }

func (e *NameError) Error() string { return e.text }

func parseRef(text string) (ref, error) {
	kind, name, found := strings.Cut(text, "/")
	switch {
	case !found:
		return ref{text: text, name: text}, nil
	case kind == "" || name == "" || strings.Contains(name, "/"):
		return ref{}, &NameError{fmt.Sprintf("%q is neither a name nor KIND/NAME", text)}
	}
	short, _, _ := strings.Cut(strings.ToLower(kind), ".") // statefulsets.apps
	return ref{text: text, kind: kindOf(short), name: name}, nil
}

// kindOf returns the kind that kubectl takes a word for, or the word if it is not known.
func kindOf(word string) OwnerKind {
	switch word {
	case "statefulset", "statefulsets", "sts":
		return OwnerStatefulSet
	case "deployment", "deployments", "deploy":
		return "Deployment"
	case "daemonset", "daemonsets", "ds":
		return "DaemonSet"
	case "replicaset", "replicasets", "rs":
		return kindReplicaSet
	case "replicationcontroller", "replicationcontrollers", "rc":
		return "ReplicationController"
	case "job", "jobs":
		return "Job"
	case "pod", "pods", "po":
		return kindPod
	}
	return OwnerKind(word)
}

// CheckName returns a *NameError if name is neither a cluster's name nor KIND/NAME.
func CheckName(name string) error {
	_, err := parseRef(name)
	return err
}

// StatefulSetName returns the name of a cluster of our manifests, which is that of its StatefulSet. It returns a *NameError for
// any other kind.
func StatefulSetName(name string) (string, error) {
	r, err := parseRef(name)
	switch {
	case err != nil:
		return "", err
	case !r.mayBeStatefulSet():
		return "", &NameError{fmt.Sprintf("%q is not a StatefulSet, but every cluster of these manifests is one", name)}
	}
	return r.name, nil
}

// mayBeStatefulSet reports whether r may name a StatefulSet.
func (r ref) mayBeStatefulSet() bool { return r.kind == "" || r.kind == OwnerStatefulSet }

// makes reports whether the object that r names makes the pods of a candidate.
func (r ref) makes(c *candidate) bool {
	switch r.kind {
	case "":
		return c.hasSet(r.name) || c.suffix != "" && c.owner.Name == r.name
	case OwnerStatefulSet:
		if c.hasSet(r.name) {
			return true
		}
	case kindPod:
		return slices.ContainsFunc(c.members(), func(m Member) bool { return m.PodName == r.name })
	case kindReplicaSet:
		if slices.ContainsFunc(c.pods, func(p *corev1.Pod) bool {
			owner := metav1.GetControllerOf(p)
			return owner != nil && owner.Kind == string(kindReplicaSet) && owner.Name == r.name
		}) {
			return true
		}
	}
	return r.isKind(c.owner.Kind) && (c.owner.Name == r.name || slices.Contains(strings.Split(c.owner.Name, ","), r.name))
}

// isKind reports whether r has this kind, in one of the spellings that kubectl accepts.
func (r ref) isKind(kind OwnerKind) bool {
	known, typed := strings.ToLower(string(kind)), strings.ToLower(string(r.kind))
	return typed == known || typed == known+"s"
}

// notFound returns the error that the object that r names makes no etcd here, or that its kind is unknown.
func (r ref) notFound(namespace string, found []*candidate) error {
	known := []string{"statefulset", "deployment", "daemonset", "replicaset", "replicationcontroller", "job", "pod"}
	for _, c := range found {
		known = append(known, strings.ToLower(string(c.owner.Kind)))
	}
	if !slices.ContainsFunc(known, func(kind string) bool { return r.isKind(OwnerKind(kind)) }) {
		return &NameError{fmt.Sprintf("%q: no object of that kind runs etcd in namespace %q (known kinds: %s, and an operator's resource as \"kubectl etcd list\" prints it)",
			r.text, namespace, strings.Join(known[:7], ", "))}
	}
	there := "none"
	if len(found) > 0 {
		there = strings.Join(names(found), ", ")
	}
	return fmt.Errorf("%s %q in namespace %q does not exist, or runs no etcd (etcd clusters there: %s)",
		strings.ToLower(string(r.kind)), r.name, namespace, there)
}
