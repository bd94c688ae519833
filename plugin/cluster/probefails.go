package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
)

// probeFails returns what the probe said for which the kubelet ended the member's container, or "" where it did not. The
// container's status tells nothing of it: etcd ends in good order, and its last log line is that it ended.
func probeFails(ctx context.Context, kube kubernetes.Interface, m Member) string {
	s, _ := m.status()
	// etcd's exit code after SIGTERM is 0 as process 1, else 143; after SIGKILL 137. Any other is an end of its own. When it
	// ended is not compared: the kubelet drops events about a pod that has many.
	if last := lastEnd(s); last == nil || !slices.Contains([]int32{0, 137, 143}, last.ExitCode) {
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
