package cluster

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// TestSidecars: containers beside etcd that keep a pod from being Ready are reported, unless etcd itself does not run.
func TestSidecars(t *testing.T) {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	waiting := corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}}
	ended := &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: "no such bucket\n"}
	pod := func(etcd, beside corev1.ContainerState, last *corev1.ContainerStateTerminated) *corev1.Pod {
		p := container(beside, last)
		p.Status.ContainerStatuses[0].Name = "backup"
		p.Status.ContainerStatuses = append(p.Status.ContainerStatuses, corev1.ContainerStatus{Name: "etcd", State: etcd})
		return p
	}
	whole := pod(running, waiting, ended)
	whole.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	native := container(running, nil)
	native.Status.ContainerStatuses[0].Name = "etcd"
	native.Status.InitContainerStatuses = []corev1.ContainerStatus{
		{Name: "prepare", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}},
		{Name: "logs", State: waiting, LastTerminationState: corev1.ContainerState{Terminated: ended}, RestartCount: 2},
	}
	for name, c := range map[string]struct {
		pod  *corev1.Pod
		want []Sidecar
	}{
		"no pod":                {nil, nil},
		"one crashes":           {pod(running, waiting, ended), []Sidecar{{"backup", "CrashLoopBackOff, exit code 1, restarted 3 times: no such bucket", true}}},
		"one has just begun":    {pod(running, running, ended), []Sidecar{{"backup", "not Ready, exit code 1, restarted 3 times: no such bucket", true}}},
		"one is not Ready":      {pod(running, running, nil), []Sidecar{{"backup", "not Ready", false}}},
		"etcd does not run":     {pod(waiting, waiting, ended), nil},
		"the pod is Ready":      {whole, nil},
		"one began before etcd": {native, []Sidecar{{"logs", "CrashLoopBackOff, exit code 1, restarted 2 times: no such bucket", true}}},
		"etcd alone, not Ready": {&corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "etcd", State: running}}}}, nil},
	} {
		m := Member{Pod: c.pod, Server: Server{Container: "etcd"}}
		if diff := cmp.Diff(c.want, m.Sidecars()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if trouble := m.PodProblem(); len(c.want) > 0 && trouble != "" {
			t.Errorf("%s: %q, and etcd runs", name, trouble)
		}
	}
}

const fatalLog = `{"level":"info","msg":"closing etcd server"}
{"level":"fatal","ts":"2026-11-22T19:27:09Z","caller":"etcdmain/etcd.go:157","msg":"discovery failed","error":"couldn't find local name \"etcd-2\" in the initial cluster configuration","stacktrace":"a\n\tb"}
`

func container(state corev1.ContainerState, last *corev1.ContainerStateTerminated) *corev1.Pod {
	p := &corev1.Pod{}
	p.Status.Phase = corev1.PodRunning
	p.Status.ContainerStatuses = []corev1.ContainerStatus{{
		State: state, RestartCount: 3, LastTerminationState: corev1.ContainerState{Terminated: last},
	}}
	return p
}

func TestTrouble(t *testing.T) {
	running := corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	waiting := func(reason, message string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}
	}
	ended := &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1, Message: fatalLog}
	deleted := container(running, nil)
	deleted.DeletionTimestamp = &metav1.Time{}
	unscheduled := &corev1.Pod{}
	unscheduled.Status.Phase = corev1.PodPending
	unscheduled.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: "0/3 nodes are\n available",
	}}
	sidecar := container(running, nil)
	sidecar.Status.ContainerStatuses[0].Name = "etcd"
	sidecar.Status.ContainerStatuses = append(sidecar.Status.ContainerStatuses, corev1.ContainerStatus{Name: "backup", State: waiting("CrashLoopBackOff", "")})
	sidecar.Status.InitContainerStatuses = []corev1.ContainerStatus{
		{Name: "prepare", State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}}},
	}
	for name, c := range map[string]struct {
		pod  *corev1.Pod
		want string
	}{
		"beside a broken one": {sidecar, ""},
		"none":                {nil, "pod does not exist"},
		"runs":                {container(running, nil), ""},
		"runs again":          {container(running, ended), ""},
		"is being deleted":    {deleted, "pod is being deleted"},
		"not scheduled":       {unscheduled, "unschedulable: 0/3 nodes are available"},
		"is being created":    {container(waiting("ContainerCreating", ""), nil), "ContainerCreating"},
		"cannot pull":         {container(waiting("ErrImagePull", "no such tag"), nil), "ErrImagePull: no such tag"},
		"cannot pull, and waits": {
			container(waiting("ImagePullBackOff", `Back-off pulling image "etcd:v9": ErrImagePull: failed to pull image "etcd:v9": not found`), nil),
			`ImagePullBackOff: failed to pull image "etcd:v9": not found`,
		},
		"cannot pull what it ran before": {container(waiting("ImagePullBackOff", "no such tag"), ended), "ImagePullBackOff: no such tag"},
		"ended without a word": {
			container(waiting("CrashLoopBackOff", ""), &corev1.ContainerStateTerminated{Reason: "Completed"}), "CrashLoopBackOff, exit code 0, restarted 3 times",
		},
		"crashes":            {container(waiting("CrashLoopBackOff", "back-off 40s"), ended), `CrashLoopBackOff, exit code 1, restarted 3 times: couldn't find local name "etcd-2" in the initial cluster configuration`},
		"has just ended":     {container(corev1.ContainerState{Terminated: ended}, nil), `Error, exit code 1, restarted 3 times: couldn't find local name "etcd-2" in the initial cluster configuration`},
		"removed from etcd":  {container(waiting("CrashLoopBackOff", ""), &corev1.ContainerStateTerminated{Reason: "Completed", Message: "bye\n"}), "CrashLoopBackOff, exit code 0, restarted 3 times: bye"},
		"no container state": {&corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodPending}}, "pod is Pending"},
	} {
		if got := (Member{Pod: c.pod, Server: Server{Container: "etcd"}}).PodProblem(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := (Member{Pod: container(running, ended)}).LastExit(); !strings.Contains(got, "couldn't find local name") {
		t.Errorf("last exit: %q", got)
	}
	if got := (Member{Pod: container(running, nil)}).LastExit(); got != "" {
		t.Errorf("last exit of one that never ended: %q", got)
	}
}

// TestOOMKilled: the reason is the memory limit, not the container's last log line.
func TestOOMKilled(t *testing.T) {
	const oom = "CrashLoopBackOff, exit code 137, restarted 3 times: "
	limits := func(memory string) *corev1.ResourceRequirements {
		return &corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse(memory)}}
	}
	for name, c := range map[string]struct {
		own, pod *corev1.ResourceRequirements
		want     string
	}{
		"its limit":         {limits("64Mi"), nil, oom + "it exceeded its memory limit of 64Mi (OOMKilled)"},
		"its pod's limit":   {nil, limits("1Gi"), oom + "it exceeded its pod's memory limit of 1Gi (OOMKilled)"},
		"there is no limit": {nil, nil, oom + "its node ran out of memory, and it has no memory limit (OOMKilled)"},
	} {
		p := container(
			corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
			&corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137, Message: "starting etcd server"},
		)
		p.Status.ContainerStatuses[0].Name = "etcd"
		p.Spec = corev1.PodSpec{Containers: []corev1.Container{{Name: "etcd"}}, Resources: c.pod}
		if c.own != nil {
			p.Spec.Containers[0].Resources = *c.own
		}
		m := Member{Pod: p, Server: Server{Container: "etcd"}}
		if diff := cmp.Diff([]string{c.want, "etcd"}, []string{m.PodProblem(), m.OOMKilled()}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestCrashLoop distinguishes a container that ends after each start from one that ended once, and from one that cannot
// start.
func TestCrashLoop(t *testing.T) {
	ended := &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 1}
	waiting := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	first := container(corev1.ContainerState{Terminated: ended}, nil)
	first.Status.ContainerStatuses[0].RestartCount = 0
	for name, c := range map[string]struct {
		pod  *corev1.Pod
		want string
	}{
		"no pod":                   {nil, ""},
		"waits to be started":      {container(waiting("CrashLoopBackOff"), ended), "exit code 1, restarted 3 times"},
		"has ended again just now": {container(corev1.ContainerState{Terminated: ended}, nil), "exit code 1, restarted 3 times"},
		"has ended once":           {first, ""},
		"runs again":               {container(corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, ended), "exit code 1, restarted 3 times"},
		"has no image":             {container(waiting("ImagePullBackOff"), ended), ""},
	} {
		if got := (Member{Pod: c.pod}).CrashLoop(); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestLogTells: the log is the reason only if the last run has one, and nothing else keeps the container from starting.
func TestLogTells(t *testing.T) {
	waiting := func(reason string) corev1.ContainerState {
		return corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}
	}
	ended, neverBegan := &corev1.ContainerStateTerminated{Reason: "Error"}, &corev1.ContainerStateTerminated{Reason: "StartError"}
	for name, c := range map[string]struct {
		pod  *corev1.Pod
		want bool
	}{
		"no pod":                   {nil, false},
		"waits to be started":      {container(waiting("CrashLoopBackOff"), ended), true},
		"runs again":               {container(corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}, ended), true},
		"never ended":              {container(waiting("ContainerCreating"), nil), false},
		"could not be started":     {container(waiting("CrashLoopBackOff"), neverBegan), false},
		"cannot be started now":    {container(waiting("RunContainerError"), neverBegan), false},
		"ended, and has no config": {container(waiting("CreateContainerConfigError"), ended), false},
	} {
		if got := (Member{Pod: c.pod}).LogTells(); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

func TestTroubleIsOneBoundedLine(t *testing.T) {
	long := &corev1.ContainerStateTerminated{Message: strings.Repeat("many words\n", 1000) + strings.Repeat("ü", 1000)}
	got := Member{Pod: container(corev1.ContainerState{Terminated: long}, nil)}.PodProblem()
	if strings.Contains(got, "\n") || len([]rune(got)) > maxReason+60 {
		t.Errorf("%d characters: %q", len([]rune(got)), got)
	}
}

// TestOneLineKeepsTheCause shortens a runtime's error, whose cause is at its end.
func TestOneLineKeepsTheCause(t *testing.T) {
	image := "registry.example.com/" + strings.Repeat("teams/", 30) + "etcd:v3"
	got := OneLine("failed to pull and unpack image " + image + ": failed to resolve image: Head https://" + image + ": dial tcp: lookup registry.example.com: no such host")
	if !strings.HasPrefix(got, "failed to pull and unpack image") || !strings.HasSuffix(got, "lookup registry.example.com: no such host") {
		t.Errorf("%q", got)
	}
}
