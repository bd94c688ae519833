package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// maxSpare bounds how many nodes are read to find one for more members: a large cluster has thousands.
const maxSpare = 10

// SpareNodeExists reports whether a node outside the used failure domains accepts pods. The domains are nodes or zones,
// depending on the label. It returns false if the caller may not list nodes.
func SpareNodeExists(ctx context.Context, kube kubernetes.Interface, label string, used []string) bool {
	options := metav1.ListOptions{Limit: maxSpare, FieldSelector: "spec.unschedulable=false"}
	if label == corev1.LabelHostname {
		options.FieldSelector += ",metadata.name!=" + strings.Join(used, ",metadata.name!=")
	} else {
		options.LabelSelector = fmt.Sprintf("%s,%s notin (%s)", label, label, strings.Join(used, ","))
	}
	nodes, err := kube.CoreV1().Nodes().List(ctx, options)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(nodes.Items, func(n corev1.Node) bool { return !slices.ContainsFunc(n.Spec.Taints, repels) })
}

func repels(t corev1.Taint) bool {
	return t.Effect == corev1.TaintEffectNoSchedule || t.Effect == corev1.TaintEffectNoExecute
}
