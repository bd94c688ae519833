package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

// newsTimeout bounds how long the reasons why pods do not run are read: the log of a pod on a lost node would block.
const newsTimeout = 2 * time.Second

// newsLines bounds how many lines of a log are read to find the one that says why etcd ended. The usage text of a wrong
// flag has twenty lines, the stack trace of a panic some thirty.
const newsLines = 100

// eventsKept is how long the API server keeps events (kube-apiserver --event-ttl).
const eventsKept = time.Hour

// readNews reads why members are not Ready, or why their container ended recently: the newest event about the pod, its
// volume claim or the StatefulSet that cannot create it, the container's last log line, the node, and the failed probe.
// The container counts even in a Ready pod: a pod without probes is Ready whatever its etcd does. What the caller may
// not read is left out.
func (c *Cluster) readNews(ctx context.Context, kube kubernetes.Interface, sets []*appsv1.StatefulSet) {
	ctx, cancel := context.WithTimeout(ctx, newsTimeout)
	defer cancel()
	expired := time.Now().Add(-eventsKept)
	var wg sync.WaitGroup
	for i := range c.Members {
		m, observed := &c.Members[i], c.Members[i]
		ended := observed.EndedSince(expired)
		if ended {
			wg.Go(func() { m.ProbeFails = probeFails(ctx, kube, observed) })
		}
		if Ready(observed.Pod) && !ended {
			continue
		}
		wg.Go(func() {
			withLog := observed // a copy: the other goroutine reads observed
			if withLog.Pod != nil {
				withLog.LastLogLines = lastWords(ctx, kube, withLog)
			}
			m.LastLogLines = withLog.LastLogLines
			if !Ready(withLog.Pod) {
				m.News = news(ctx, kube, withLog, sets)
			}
		})
	}
	wg.Wait()
	for i := range c.Members {
		if m := &c.Members[i]; strings.Contains(m.LastExit(), Removed) {
			m.ProbeFails = "" // etcd shut down by itself
		}
	}
}

func news(ctx context.Context, kube kubernetes.Interface, m Member, sets []*appsv1.StatefulSet) string {
	if m.Pod == nil {
		// A quota or admission may keep a pod from being created; the StatefulSet's events say so.
		base, _ := Ordinal(m.PodName)
		if i := slices.IndexFunc(sets, func(s *appsv1.StatefulSet) bool { return s.Name == base }); i >= 0 {
			return warning(ctx, kube, sets[i])
		}
		return ""
	}
	trouble := m.trouble()
	switch {
	case trouble == "", m.Pod.DeletionTimestamp != nil:
		return nodeNews(ctx, kube, m.Node())
	case m.initRuns():
		return slowInit(m, time.Now())
	case m.Node() == "":
		return claimNews(ctx, kube, m.Pod) // most often the volume is missing
	case strings.Contains(trouble, ": "), m.LastExit() != "":
		return "" // the pod's own status gives the reason
	}
	return warning(ctx, kube, m.Pod)
}

// lastWords returns the last log line of the container that keeps a member's etcd from running, by container name, if
// the container's status does not have it.
func lastWords(ctx context.Context, kube kubernetes.Interface, m Member) map[string]string {
	for _, s := range m.blockingStatuses() {
		last := lastTermination(s)
		waitedFor := s.State.Running != nil && m.Server.Container != s.Name && last == nil
		if !waitedFor && (last == nil || strings.TrimSpace(last.Message) != "") {
			continue
		}
		log, err := kube.CoreV1().Pods(m.Pod.Namespace).GetLogs(m.PodName, &corev1.PodLogOptions{
			Container: s.Name, Previous: !waitedFor && s.State.Terminated == nil, TailLines: ptr.To[int64](newsLines),
		}).DoRaw(ctx)
		if err != nil {
			return nil
		}
		return map[string]string{s.Name: lastLine(string(log))}
	}
	return nil
}

// nodeNews says why a node is not Ready, or "".
func nodeNews(ctx context.Context, kube kubernetes.Interface, name string) string {
	if name == "" {
		return ""
	}
	node, err := kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return fmt.Sprintf("node %q no longer exists", name)
	}
	if err != nil {
		return ""
	}
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady && c.Status != corev1.ConditionTrue {
			return fmt.Sprintf("node %q is not Ready: %s: %s", name, c.Reason, OneLine(c.Message))
		}
	}
	return ""
}

// claimNews returns the newest event about a pod's first PersistentVolumeClaim if it is not bound, or "". It includes
// normal events: a missing provisioner is no warning to Kubernetes, which keeps waiting for it.
func claimNews(ctx context.Context, kube kubernetes.Interface, pod *corev1.Pod) string {
	for _, v := range pod.Spec.Volumes {
		if v.PersistentVolumeClaim == nil {
			continue
		}
		claim, err := kube.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, v.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
		if err != nil || claim.Status.Phase == corev1.ClaimBound {
			return ""
		}
		if text := NewestEvent(ctx, kube, claim, ""); !strings.HasPrefix(text, "WaitFor") {
			return text
		}
		return "" // the claim waits for the pod to be scheduled
	}
	return ""
}

// warning returns the newest Warning about an object, or "".
func warning(ctx context.Context, kube kubernetes.Interface, object metav1.Object) string {
	return NewestEvent(ctx, kube, object, ",type="+corev1.EventTypeWarning)
}

// NewestEvent returns the newest event about an object, but not about an earlier one with the same name. It returns ""
// if there is none, or if the caller may not list events. selector is appended to the field selector.
func NewestEvent(ctx context.Context, kube kubernetes.Interface, object metav1.Object, selector string) string {
	if e, found := newest(eventsOf(ctx, kube, object, selector)); found {
		return e.Reason + ": " + OneLine(e.Message)
	}
	return ""
}

func eventsOf(ctx context.Context, kube kubernetes.Interface, object metav1.Object, selector string) []corev1.Event {
	events, err := kube.CoreV1().Events(object.GetNamespace()).List(ctx, metav1.ListOptions{
		FieldSelector: fmt.Sprintf("involvedObject.uid=%s%s", object.GetUID(), selector),
	})
	if err != nil {
		return nil
	}
	return events.Items
}

func newest(events []corev1.Event) (e corev1.Event, found bool) {
	if len(events) == 0 {
		return e, false
	}
	return slices.MaxFunc(events, func(a, b corev1.Event) int { return eventTime(a).Compare(eventTime(b)) }), true
}

func eventTime(e corev1.Event) time.Time {
	if !e.LastTimestamp.IsZero() {
		return e.LastTimestamp.Time
	}
	return e.EventTime.Time
}
