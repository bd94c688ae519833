package plugin

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// TestKubernetesReasonComesFirst runs commands on an etcd with mutual TLS whose only pod does not run and whose Secret is missing.
// They must report that, and not the missing credentials.
func TestKubernetesReasonComesFirst(t *testing.T) {
	t.Parallel()
	const events = "/api/v1/namespaces/ns/events"
	about := func(uid types.UID, reason, message string) corev1.EventList {
		return corev1.EventList{TypeMeta: metav1.TypeMeta{Kind: "EventList", APIVersion: "v1"}, Items: []corev1.Event{{
			ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "ns"}, InvolvedObject: corev1.ObjectReference{UID: uid}, Type: "Warning",
			Reason: reason, Message: message,
		}}}
	}
	state := func(s *secretServer, status corev1.ContainerStatus) {
		pod := s.objects["/api/v1/namespaces/ns/pods/etcd-0"].(corev1.Pod)
		status.Name = "etcd"
		pod.Status.ContainerStatuses, pod.Status.Conditions = []corev1.ContainerStatus{status}, nil
		s.setPod(pod)
	}
	ended := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1, Message: "open /certs/tls.crt: no such file"}}
	for name, c := range map[string]struct {
		change func(*secretServer)
		want   string
	}{
		"its Secret is not there": {func(s *secretServer) {
			state(s, corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}})
			pod := s.objects["/api/v1/namespaces/ns/pods/etcd-0"].(corev1.Pod)
			pod.Spec.NodeName = "node-0"
			s.setPod(pod)
			s.objects[events] = about("pod", "FailedMount", `secret "certs" not found`)
		}, `ContainerCreating (FailedMount: secret "certs" not found)`},
		"it crashes": {func(s *secretServer) {
			state(s, corev1.ContainerStatus{RestartCount: 3, LastTerminationState: ended, State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}})
		}, "restarted 3 times: open /certs/tls.crt: no such file"},
		"it crashes, and runs at this moment": {func(s *secretServer) {
			state(s, corev1.ContainerStatus{RestartCount: 3, LastTerminationState: ended, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(time.Now())}}})
		}, "restarted 3 times: open /certs/tls.crt: no such file"},
		"a quota denies it": {func(s *secretServer) {
			s.objects["/api/v1/namespaces/ns/pods"] = corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}}
			s.objects[events] = about("set", "FailedCreate", "exceeded quota: small")
		}, "pod does not exist (FailedCreate: exceeded quota: small)"},
	} {
		t.Run(name, func(t *testing.T) {
			server := newSecretServer(nil, nil)
			delete(server.objects, "/api/v1/namespaces/ns/secrets/certs")
			c.change(server)
			http := httptest.NewServer(server)
			defer http.Close()
			kubeconfig := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			for line, want := range map[string]int{"status": cli.ExitBadNews, "doctor": cli.ExitBadNews, "get k": cli.ExitFailed, "put k v": cli.ExitFailed, "del k": cli.ExitFailed, "list": cli.ExitDone} {
				streams, _, out, errOut := genericiooptions.NewTestIOStreams()
				args := append(strings.Fields(line), "--kubeconfig", kubeconfig, "--server", http.URL, "-n", "ns", "--timeout", "10s", "--member-timeout", "1s")
				status := execute(t.Context(), streams, args)
				said := out.String() + errOut.String()
				if status != want || line != "list" && !strings.Contains(said, c.want) {
					t.Errorf("%s: exit status %d, want %d and %q:\n%s", line, status, want, c.want, said)
				}
				if strings.Contains(said, "--etcd-cacert") || strings.Contains(said, "not known") {
					t.Errorf("%s: %s", line, said)
				}
			}
		})
	}
}

// setPod replaces the cluster's pod.
func (s *secretServer) setPod(pod corev1.Pod) {
	s.objects["/api/v1/namespaces/ns/pods/etcd-0"] = pod
	s.objects["/api/v1/namespaces/ns/pods"] = corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, Items: []corev1.Pod{pod}}
}

// TestPrintedRemediesAreReal checks every command that a warning of "status" can print.
func TestPrintedRemediesAreReal(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("advice", "testdata", "warnings.txt"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for line := range strings.Lines(string(text)) {
		if command := strings.TrimSpace(line); strings.HasPrefix(command, "kubectl etcd ") {
			found += checkCommands(t, "warnings.txt", command)
		}
	}
	if found < 100 {
		t.Errorf("only %d commands were found", found)
	}
}
