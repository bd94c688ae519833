package lifecycle

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// pendingEnv returns an Env with a cluster whose pod is Pending, and what it shows.
func pendingEnv(objects ...runtime.Object) (Env, *bytes.Buffer) {
	set, pod := PendingCluster("etcd")
	env, _ := WatchEnv(append(objects, set, pod)...)
	var shown bytes.Buffer
	env.Progress = render.NewProgress(&shown)
	return env, &shown
}

// TestAwait: a wait reads the cluster again until it is over, and says what each pod waits for.
func TestAwait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env, shown := pendingEnv()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		begin, reads := time.Now(), 0
		view, err := env.Await(ctx, "waiting", func(*View) (bool, error) { reads++; return reads == 4, nil })
		if err != nil {
			t.Fatal(err)
		}
		view.Close()
		if took := time.Since(begin); reads != 4 || took != 3*LookEvery {
			t.Errorf("%d reads in %s", reads, took)
		}
		if diff := cmp.Diff("  etcd-0: pod is Pending\n", shown.String()); diff != "" {
			t.Errorf("shown, -want +got:\n%s", diff)
		}
	})
}

// TestAwaitEnds: the error of a wait has what the pods waited for, unless the wait was refused for another reason.
func TestAwaitEnds(t *testing.T) {
	refused := errors.New("cannot be repaired")
	lost := errors.New("the Lease was lost")
	never := func(*View) (bool, error) { return false, nil }
	for name, c := range map[string]struct {
		name string
		done func(*View) (bool, error)
		want string
	}{
		"at the deadline":             {"etcd", never, "waiting: the Lease was lost\n  etcd-0: pod is Pending"},
		"by what it waits for":        {"etcd", func(*View) (bool, error) { return false, refused }, "cannot be repaired"},
		"if the cluster is not there": {"other", never, `waiting: no etcd cluster "other" in namespace "ns" (found: etcd)`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				env, _ := pendingEnv()
				env.Target.Name = c.name
				ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute+LookEvery/2, lost) // between two reads
				defer cancel()
				_, err := env.Await(ctx, "waiting", c.done)
				if err == nil {
					t.Fatal("no error")
				}
				if diff := cmp.Diff(c.want, err.Error()); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		})
	}
}

// TestAwaitInterrupted: members that were not given the time to answer are not blamed.
func TestAwaitInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		env, shown := pendingEnv()
		ctx, cancel := context.WithCancel(t.Context())
		_, err := env.Await(ctx, "waiting", func(*View) (bool, error) { cancel(); return false, nil })
		if err == nil || err.Error() != "waiting: context canceled" || shown.Len() > 0 {
			t.Errorf("%v, and it shows %q", err, shown)
		}
	})
}

// TestWaits: each wait of an operation says what it waits for.
func TestWaits(t *testing.T) {
	for name, c := range map[string]struct {
		wait func(context.Context, Env) error
		want string
	}{
		"healthy":           {func(ctx context.Context, e Env) error { _, err := e.WaitHealthy(ctx); return err }, "waiting until every member is a healthy voter: "},
		"Ready":             {func(ctx context.Context, e Env) error { _, err := e.WaitReady(ctx); return err }, "waiting until every pod is Ready: "},
		"healthy and Ready": {func(ctx context.Context, e Env) error { return e.WaitHealthyAndReady(ctx) }, "waiting until every member is a healthy voter: "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				env, _ := pendingEnv()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if err := c.wait(ctx, env); !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("%v", err)
				}
			})
		})
	}
}

// TestWaitingLines: each pod that is not Ready has a line, and each member that runs and does not answer another one.
func TestWaitingLines(t *testing.T) {
	ready := []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	silent := started(time.Hour, false)
	silent.Pod.Status.Conditions = ready
	gone := cluster.Member{Name: "etcd-1", PodName: "etcd-1"}
	deleted := started(time.Hour, false)
	deleted.Name, deleted.Pod.DeletionTimestamp = "etcd-2", &metav1.Time{Time: time.Now()}
	v := &View{Cluster: &cluster.Cluster{Members: []cluster.Member{silent, gone, deleted}}}
	v.Status.Members = []report.Member{{Name: "etcd-0", Error: "timeout"}, {Name: "etcd-1", Error: "pod does not exist"}, {Name: "etcd-2", Error: "pod is being deleted"}}
	want := []string{"etcd-1: waiting for the pod to be created", "etcd-2: pod is being deleted", "etcd-0: timeout"}
	if diff := cmp.Diff(want, waitingLines(v)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	v.Status.Members[0].Error = ""
	if diff := cmp.Diff(want[:2], waitingLines(v)); diff != "" {
		t.Errorf("all that run answer, -want +got:\n%s", diff)
	}
}
