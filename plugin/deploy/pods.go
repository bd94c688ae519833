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
		if cluster.Ready(m.Pod) {
			continue
		}
		lines = append(lines, m.Name+": "+waitingFor(ctx, kube, c, m))
	}
	return lines
}

func waitingFor(ctx context.Context, kube kubernetes.Interface, c *cluster.Cluster, m cluster.Member) string {
	trouble := m.Trouble()
	switch {
	case m.Pod == nil && c.StatefulSet == nil:
		return "waiting for the pod to be created"
	case m.Pod == nil:
		// Quota, admission and the like keep a pod from being made at all; the StatefulSet's events say so.
		return join("waiting for the pod to be created", warning(ctx, kube, c.StatefulSet))
	case trouble == "":
		return "running, not ready yet"
	case m.Pod.Spec.NodeName == "":
		return join(trouble, claimNews(ctx, kube, m.Pod)) // most often it is the volume that is not to be had
	case strings.Contains(trouble, ": "):
		return trouble // the pod's own status gives the reason
	}
	return join(trouble, warning(ctx, kube, m.Pod))
}

func join(text, detail string) string {
	if detail == "" {
		return text
	}
	return text + " (" + detail + ")"
}

// claimNews returns what was last said of a pod's first volume claim while it has no volume. That nobody provisions it
// is no warning to Kubernetes: it goes on waiting for the provisioner.
func claimNews(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod) string {
	for _, v := range pod.Spec.Volumes {
		if v.PersistentVolumeClaim == nil {
			continue
		}
		claim, err := kube.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, v.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
		if err != nil || claim.Status.Phase == corev1.ClaimBound {
			return ""
		}
		return newest(ctx, kube, claim, "")
	}
	return ""
}

// warning returns the newest Warning about an object, or "".
func warning(ctx context.Context, kube kubernetes.Interface, object metav1.Object) string {
	return newest(ctx, kube, object, ",type="+corev1.EventTypeWarning)
}

// newest returns the newest event about an object, and not about an earlier one of its name, or "". Who may not read
// events goes without.
func newest(ctx context.Context, kube kubernetes.Interface, object metav1.Object, selector string) string {
	events, err := kube.CoreV1().Events(object.GetNamespace()).List(ctx, metav1.ListOptions{
		FieldSelector: fmt.Sprintf("involvedObject.uid=%s%s", object.GetUID(), selector),
	})
	if err != nil || len(events.Items) == 0 {
		return ""
	}
	items := events.Items
	sort.Slice(items, func(i, j int) bool { return eventTime(items[i]).Before(eventTime(items[j])) })
	last := items[len(items)-1]
	return last.Reason + ": " + strings.Join(strings.Fields(last.Message), " ")
}

func eventTime(e corev1.Event) *metav1.Time {
	if !e.LastTimestamp.IsZero() {
		return &e.LastTimestamp
	}
	return &metav1.Time{Time: e.EventTime.Time}
}
