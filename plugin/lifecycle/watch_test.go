package lifecycle

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/rest"
	k8stesting "k8s.io/client-go/testing"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// PendingCluster returns a StatefulSet with one replica, whose pod is Pending: no member is dialled.
func PendingCluster(name string) (*appsv1.StatefulSet, *corev1.Pod) {
	labels := map[string]string{"app": name}
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns", UID: types.UID(name)}}
	set.Spec.Replicas, set.Spec.Selector = ptr.To[int32](1), &metav1.LabelSelector{MatchLabels: labels}
	set.Spec.Template.Labels = labels
	set.Spec.Template.Spec.Containers = []corev1.Container{{Name: "etcd", Command: []string{"etcd"}}}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: name + "-0", Namespace: "ns", UID: "first", Labels: labels,
		OwnerReferences: []metav1.OwnerReference{{Kind: "StatefulSet", Name: name, UID: set.UID, Controller: ptr.To(true)}},
	}, Spec: set.Spec.Template.Spec, Status: corev1.PodStatus{Phase: corev1.PodPending}}
	return set, pod
}

// WatchEnv returns an Env with these objects, and a MemberLimit of one second.
func WatchEnv(objects ...runtime.Object) (Env, *fake.Clientset) {
	kube := fake.NewClientset(objects...)
	return Env{Kube: kube, Config: &rest.Config{}, Target: cluster.Target{Namespace: "ns"}, MemberLimit: time.Second}, kube
}

// lose makes listing Pods fail while lost returns true.
func lose(kube *fake.Clientset, lost func() bool) {
	kube.PrependReactor("list", "pods", func(k8stesting.Action) (bool, runtime.Object, error) {
		if lost() {
			return true, nil, errors.New("connection refused")
		}
		return false, nil, nil
	})
}

func TestWatchSurvivesTheAPIServer(t *testing.T) {
	set, pod := PendingCluster("etcd")
	other, _ := PendingCluster("other")
	env, kube := WatchEnv(set, pod)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var seen []string
	lose(kube, func() bool { return len(seen) == 1 })
	err := env.Watch(ctx, time.Millisecond, func(s report.Status, err error) error {
		switch {
		case err != nil:
			seen = append(seen, err.Error())
		default:
			seen = append(seen, s.Cluster+" "+s.Members[0].Reason)
		}
		if len(seen) == 1 { // a second cluster must not make the target ambiguous
			if _, err := kube.AppsV1().StatefulSets("ns").Create(ctx, other, metav1.CreateOptions{}); err != nil {
				return err
			}
		}
		if len(seen) == 3 {
			cancel()
		}
		return nil
	})
	if err != nil {
		t.Errorf("the end of the context is an error: %v", err)
	}
	if diff := cmp.Diff([]string{"etcd pod is Pending", "connection refused", "etcd pod is Pending"}, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestWatchEndsWhereItCannotBegin(t *testing.T) {
	env, _ := WatchEnv(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "ns"}})
	env.Target.Name = "nope"
	err := env.Watch(t.Context(), time.Millisecond, func(report.Status, error) error {
		t.Error("something was shown")
		return nil
	})
	if err == nil || !strings.Contains(err.Error(), `no etcd cluster "nope"`) {
		t.Errorf("got %v", err)
	}
}

func TestWatchKeepsItsConnections(t *testing.T) {
	set, pod := PendingCluster("etcd")
	env, kube := WatchEnv(set, pod)
	lost := false
	lose(kube, func() bool { return lost })
	w := &watcher{Env: env}
	defer w.close()
	observe := func() *View {
		t.Helper()
		if _, err := w.observe(t.Context()); err != nil && !lost {
			t.Fatal(err)
		}
		return w.view
	}
	first := observe()
	pod.Status.Message = "something of no concern"
	update(t, kube, pod)
	if observe() != first {
		t.Error("connections were opened anew, though every pod is the same")
	}
	pod.UID = "second"
	update(t, kube, pod)
	second := observe()
	if second == first {
		t.Error("connections were kept, though the pod is another one")
	}
	lost = true
	if observe() != nil {
		t.Error("connections were kept over an API server that is lost")
	}
	lost = false
	if third := observe(); third == nil || third == second {
		t.Error("no new connections after the API server is back")
	}
}

func update(t *testing.T, kube *fake.Clientset, pod *corev1.Pod) {
	t.Helper()
	if _, err := kube.CoreV1().Pods("ns").Update(t.Context(), pod, metav1.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
}

// roundTripper answers requests without a network, so that they can wait in a synctest bubble.
type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestWatchShowsAnAPIServerThatHangs: a watch shows that the API server does not answer, instead of old figures.
func TestWatchShowsAnAPIServerThatHangs(t *testing.T) {
	store := kubetest.ServeStore(t)
	set, pod := PendingCluster("etcd")
	store.PutTyped(t, set)
	store.PutTyped(t, pod)
	synctest.Test(t, func(t *testing.T) {
		var seen []string
		transport := roundTripper(func(r *http.Request) (*http.Response, error) {
			if len(seen) == 1 {
				<-r.Context().Done()
				return nil, r.Context().Err()
			}
			response := httptest.NewRecorder()
			store.ServeHTTP(response, r)
			return response.Result(), nil
		})
		config := &rest.Config{QPS: -1}
		kube, err := kubernetes.NewForConfigAndClient(config, &http.Client{Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		env := Env{Kube: kube, Config: config, Target: cluster.Target{Namespace: "ns"}, MemberLimit: time.Second}
		enough := errors.New("enough")
		err = env.Watch(t.Context(), time.Second, func(_ report.Status, err error) error {
			seen = append(seen, fmt.Sprint(err))
			if len(seen) == 3 {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) {
			t.Errorf("what was shown could not be shown, and Watch returns %v", err)
		}
		if diff := cmp.Diff([]string{"<nil>", "the API server does not answer within 10s", "<nil>"}, seen); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// TestWatchEndsAtOnce: an interrupted watch does not wait for its next reading, and shows no error that the interrupt caused.
func TestWatchEndsAtOnce(t *testing.T) {
	for name, duringRead := range map[string]bool{"while it waits": false, "while it reads": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set, pod := PendingCluster("etcd")
				env, kube := WatchEnv(set, pod)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				shown := 0
				lose(kube, func() bool {
					if shown == 0 || !duringRead {
						return false
					}
					cancel()
					return true
				})
				begin := time.Now()
				err := env.Watch(ctx, time.Second, func(_ report.Status, err error) error {
					shown++
					if err != nil {
						t.Errorf("shown: %v", err)
					}
					if !duringRead {
						cancel()
					}
					return nil
				})
				if took := time.Since(begin); err != nil || shown != 1 || took > time.Second || took > 0 && !duringRead {
					t.Errorf("%v, shown %d times, after %s", err, shown, took)
				}
			})
		})
	}
}

// TestSamePods: connections are kept only to the same pods with the same settings.
func TestSamePods(t *testing.T) {
	member := func(pod string, uid types.UID, port int) cluster.Member {
		return cluster.Member{
			Name: "etcd-0", PodName: pod, Pod: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: pod, UID: uid}}, Server: cluster.Server{Port: port},
		}
	}
	before := []cluster.Member{member("etcd-0", "a", 2379), member("etcd-1", "b", 2379)}
	for name, c := range map[string]struct {
		now  []cluster.Member
		want bool
	}{
		"the same":                  {[]cluster.Member{member("etcd-0", "a", 2379), member("etcd-1", "b", 2379)}, true},
		"another pod of that name":  {[]cluster.Member{member("etcd-0", "a", 2379), member("etcd-1", "c", 2379)}, false},
		"a pod of another name":     {[]cluster.Member{member("etcd-0", "a", 2379), member("etcd-2", "b", 2379)}, false},
		"it serves on another port": {[]cluster.Member{member("etcd-0", "a", 2379), member("etcd-1", "b", 12379)}, false},
		"one more":                  {append(slices.Clone(before), member("etcd-2", "c", 2379)), false},
		"one less":                  {before[:1], false},
		"none":                      {nil, false},
	} {
		if got := samePods(before, c.now); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
