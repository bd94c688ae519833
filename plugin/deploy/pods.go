package deploy

import (
	"context"
	"fmt"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Waiting says for every member whose pod is not ready what it waits for, and why it is stuck where it is: the
// container's own last words, or the newest warning about the pod or its volume.
func Waiting(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster) []string {
	var lines []string
	for _, m := range c.Members {
		if ready(m.Pod) {
			continue
		}
		lines = append(lines, m.Name+": "+waitingFor(ctx, kube, c, m))
	}
	return lines
}

func waitingFor(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster, m cluster.Member) string {
	trouble := cluster.Trouble(m.Pod)
	switch {
	case m.Pod == nil:
		// Quota, admission and the like keep a pod from being made at all; the StatefulSet's events say so.
		return join("waiting for the pod to be created", warning(ctx, kube, c.Namespace, c.Name, "StatefulSet"))
	case trouble == "":
		return join("running, not ready yet", "")
	case m.Pod.Spec.NodeName == "":
		return join(trouble, warning(ctx, kube, c.Namespace, claimName(m.Pod), "PersistentVolumeClaim"))
	case m.Pod.Status.Phase == corev1.PodPending:
		return join(trouble, warning(ctx, kube, c.Namespace, m.Name, "Pod"))
	}
	return trouble
}

func join(text, detail string) string {
	if detail == "" || strings.Contains(text, detail) {
		return text
	}
	return text + " (" + detail + ")"
}

// warning returns the newest Warning event about an object, or "". Who may not read events goes without.
func warning(ctx context.Context, kube kubernetes.Interface, namespace, name, kind string) string {
	if name == "" {
		return ""
	}
	events, err := kube.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{
		FieldSelector: fmt.Sprintf("involvedObject.kind=%s,involvedObject.name=%s,type=%s", kind, name, corev1.EventTypeWarning),
	})
	if err != nil || len(events.Items) == 0 {
		return ""
	}
	items := events.Items
	sort.Slice(items, func(i, j int) bool { return eventTime(items[i]).Before(eventTime(items[j])) })
	newest := items[len(items)-1]
	return newest.Reason + ": " + strings.Join(strings.Fields(newest.Message), " ")
}

func eventTime(e corev1.Event) *metav1.Time {
	if !e.LastTimestamp.IsZero() {
		return &e.LastTimestamp
	}
	return &metav1.Time{Time: e.EventTime.Time}
}

// claimName returns the name of the pod's first volume claim.
func claimName(pod *corev1.Pod) string {
	for _, v := range pod.Spec.Volumes {
		if v.PersistentVolumeClaim != nil {
			return v.PersistentVolumeClaim.ClaimName
		}
	}
	return ""
}

func ready(pod *corev1.Pod) bool {
	if pod == nil || pod.DeletionTimestamp != nil {
		return false
	}
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
