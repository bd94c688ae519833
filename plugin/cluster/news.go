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

// newsLimit bounds the look at why pods do not run: the log of one on a node that is gone would be waited for.
const newsLimit = 2 * time.Second

// newsLines bounds how much of a log is read to find etcd's last word in it. The usage text of a wrong flag has
// twenty, the stack trace of a panic some thirty.
const newsLines = 100

// eventsKept is how long the API server keeps events (kube-apiserver --event-ttl).
const eventsKept = time.Hour

// readNews reads for every member that is not Ready, or whose container ended of late, why that is: the newest event about its
// pod, its volume or the StatefulSet that cannot make it, its container's last log line, its node, the probe that ended it. A
// pod without probes is Ready whatever its etcd does. Whoever may not read those goes without.
func (c *Cluster) readNews(ctx context.Context, kube kubernetes.Interface, sets []*appsv1.StatefulSet) {
	ctx, cancel := context.WithTimeout(ctx, newsLimit)
	defer cancel()
	expired := time.Now().Add(-eventsKept)
	var wg sync.WaitGroup
	for i := range c.Members {
		m, place := &c.Members[i], c.Members[i]
		ended := place.EndedSince(expired)
		if ended {
			wg.Go(func() { m.ProbeFails = probeFails(ctx, kube, place) })
		}
		if Ready(place.Pod) && !ended {
			continue
		}
		wg.Go(func() {
			told := place // the other look reads place
			if told.Pod != nil {
				told.LastWords = lastWords(ctx, kube, told)
			}
			m.LastWords = told.LastWords
			if !Ready(told.Pod) {
				m.News = news(ctx, kube, told, sets)
			}
		})
	}
	wg.Wait()
	for i := range c.Members {
		if m := &c.Members[i]; strings.Contains(m.LastExit(), Removed) {
			m.ProbeFails = "" // etcd ended by itself, and in good order
		}
	}
}

func news(ctx context.Context, kube kubernetes.Interface, m Member, sets []*appsv1.StatefulSet) string {
	if m.Pod == nil {
		// Quota, admission and the like keep a pod from being made at all; the StatefulSet's events say so.
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
		return claimNews(ctx, kube, m.Pod) // most often it is the volume that is not to be had
	case strings.Contains(trouble, ": "), m.LastExit() != "":
		return "" // the pod's own status gives the reason
	}
	return warning(ctx, kube, m.Pod)
}

// lastWords returns the last log line of the container that keeps a member's etcd from running, by its name, where its
// status does not have it.
func lastWords(ctx context.Context, kube kubernetes.Interface, m Member) map[string]string {
	for _, s := range m.stopped() {
		last := lastEnd(s)
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

// nodeNews says what is wrong with a node, or "".
func nodeNews(ctx context.Context, kube kubernetes.Interface, name string) string {
	if name == "" {
		return ""
	}
	node, err := kube.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return fmt.Sprintf("node %q does not exist any more", name)
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
		if text := NewestEvent(ctx, kube, claim, ""); !strings.HasPrefix(text, "WaitFor") {
			return text
		}
		return "" // it waits for the pod to be scheduled, and not the other way round
	}
	return ""
}

// warning returns the newest Warning about an object, or "".
func warning(ctx context.Context, kube kubernetes.Interface, object metav1.Object) string {
	return NewestEvent(ctx, kube, object, ",type="+corev1.EventTypeWarning)
}

// NewestEvent returns the newest event about an object, and not about an earlier one of its name, or "". Whoever may not
// read events goes without.
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
