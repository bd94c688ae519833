package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// probeFails returns the message of the probe for whose failure the kubelet ended the member's container, or "". The
// container's status does not show it: etcd shuts down cleanly, and its last log line says only that it ended.
func probeFails(ctx context.Context, kube kubernetes.Interface, m Member) string {
	s, _ := m.etcdStatus()
	// etcd exits with 0 after SIGTERM if it is process 1, else with 143; after SIGKILL with 137. After any other code
	// the kubelet did not end it. The time of the end is not compared: the kubelet drops events about a pod that has
	// many.
	if last := lastTermination(s); last == nil || !slices.Contains([]int32{0, 137, 143}, last.ExitCode) {
		return ""
	}
	events := slices.DeleteFunc(eventsOf(ctx, kube, m.Pod, ""), func(e corev1.Event) bool {
		return !strings.HasSuffix(e.InvolvedObject.FieldPath, "{"+s.Name+"}")
	})
	for _, probe := range []string{"Liveness", "Startup"} {
		killing := fmt.Sprintf("Container %s failed %s probe", s.Name, strings.ToLower(probe))
		if !slices.ContainsFunc(events, func(e corev1.Event) bool { return e.Reason == "Killing" && strings.HasPrefix(e.Message, killing) }) {
			continue
		}
		failed := probe + " probe failed"
		said, found := newest(slices.DeleteFunc(events, func(e corev1.Event) bool { return !strings.HasPrefix(e.Message, failed) }))
		if !found {
			return failed
		}
		return OneLine(said.Message)
	}
	return ""
}
