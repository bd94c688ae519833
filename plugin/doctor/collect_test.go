package doctor

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// loopback reaches members that run in this process. Members that hang accept connections and send nothing.
type loopback struct {
	address map[string]string // the client address of each member
	hang    map[string]bool
}

func (l loopback) HTTPClient(m cluster.Member) *http.Client {
	return &http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return l.Dial(ctx, m)
	}}}
}

func (l loopback) Dial(ctx context.Context, m cluster.Member) (net.Conn, error) {
	if l.hang[m.Name] {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", l.address[m.Name])
}

func (l loopback) DialPort(ctx context.Context, m cluster.Member, port int) (net.Conn, error) {
	if l.hang[m.Name] {
		return l.Dial(ctx, m)
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
}

func TestLookAtRealMembers(t *testing.T) {
	members := etcdtest.Start(t, 2, nil).Members
	dialer := loopback{address: map[string]string{}, hang: map[string]bool{}}
	var collected []*memberEvidence
	for _, m := range members {
		dialer.address[m.Name] = strings.TrimPrefix(m.Endpoint, "http://")
		collected = append(collected, &memberEvidence{
			Member: report.Member{Name: m.Name, ClientURLs: []string{m.Endpoint}, PeerURLs: []string{m.Peer}},
			kubeMember: cluster.Member{
				Name: m.Name, Pod: &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}},
				Server: cluster.Server{Scheme: "http", Host: "any", Metrics: cluster.Listener{Scheme: "http", Port: 1}},
			},
		})
	}
	dialer.hang["etcd-1"] = true
	g := gatherer{kube: fake.NewClientset(), dialer: dialer, limit: 2 * time.Second}
	begin := time.Now()
	var wg sync.WaitGroup
	for _, m := range collected {
		g.collect(t.Context(), &wg, m)
	}
	wg.Wait()
	if took := time.Since(begin); took > 4*time.Second {
		t.Errorf("it took %s", took)
	}

	well, hung := collected[0], collected[1]
	if commits := well.metrics.value.histogram("etcd_disk_backend_commit_duration_seconds"); well.metrics.missing != "" || commits.count == 0 {
		t.Errorf("metrics: %q, %d commits", well.metrics.missing, commits.count)
	}
	if age := well.metrics.value.age(time.Now()); age <= 0 || age > 10*time.Minute {
		t.Errorf("the process is %s old", age)
	}
	for name, c := range map[string]observed[clock]{"peer port": well.clock, "Date": dated(well.metrics.value)} {
		if c.missing != "" || c.value.ahead.Abs() > c.value.uncertainty+100*time.Millisecond {
			t.Errorf("clock by the %s: %q, %s ± %s", name, c.missing, c.value.ahead, c.value.uncertainty)
		}
	}
	for name, missing := range map[string]string{"metrics": hung.metrics.missing, "clock": hung.clock.missing} {
		if missing != "no answer within 2s" {
			t.Errorf("%s of a member that hangs: %q", name, missing)
		}
	}
}

func dated(s scrape) observed[clock] {
	c, ok := s.clock()
	if !ok {
		return observed[clock]{missing: "no Date"}
	}
	return observed[clock]{value: c}
}

// TestLookBeyondAPortForward: evidence of a member that no port-forward reaches is missing for the reason that "status"
// has.
func TestLookBeyondAPortForward(t *testing.T) {
	const why = `pod "kv-0": etcd listens for clients on http://10.0.0.7:2379 only`
	beyond := func(metrics int) *memberEvidence {
		return &memberEvidence{
			Member: report.Member{Name: "kv-0", AccessDenied: true, Error: why},
			kubeMember: cluster.Member{
				Name: "kv-0", Pod: &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}},
				Server: cluster.Server{
					Scheme: "https", Port: 2379, Host: "kv-0", Metrics: cluster.Listener{Scheme: "http", Port: metrics},
					Unreachable: "etcd listens for clients on http://10.0.0.7:2379 only",
				},
			},
		}
	}
	one, own := beyond(2379), beyond(2381)
	g := gatherer{kube: fake.NewClientset(), dialer: loopback{hang: map[string]bool{"kv-0": true}}, limit: time.Second}
	var wg sync.WaitGroup
	g.collect(t.Context(), &wg, one)
	g.collect(t.Context(), &wg, own)
	wg.Wait()
	for name, missing := range map[string]string{
		"metrics": one.metrics.missing, "clock": one.clock.missing, "certificate": one.clients.chain.missing, "certificate beside metrics": own.clients.chain.missing,
	} {
		if missing != why {
			t.Errorf("%s: %q", name, missing)
		}
	}
	if own.metrics.missing != "no answer within 1s" { // a separate metrics port may be reachable
		t.Errorf("metrics on a port of their own: %q", own.metrics.missing)
	}
}

func TestLookAtAMemberThatDoesNotRun(t *testing.T) {
	m := &memberEvidence{kubeMember: cluster.Member{Name: "etcd-0", PodName: "etcd-0"}}
	var wg sync.WaitGroup
	gatherer{kube: fake.NewClientset(), limit: time.Second}.collect(t.Context(), &wg, m)
	wg.Wait()
	for _, missing := range []string{m.metrics.missing, m.clock.missing, m.clients.chain.missing, m.peers.chain.missing} {
		if missing != "pod does not exist" {
			t.Errorf("%q", missing)
		}
	}
}

func TestMetricsThatAreNotServed(t *testing.T) {
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"not found":    {http.NotFound, "/metrics answers 404 Not Found"},
		"another text": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "read /metrics: text format parsing error"},
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		server := &http.Server{Handler: c.answer}
		go func() { _ = server.Serve(l) }()
		_, err = readMetrics(t.Context(), http.DefaultClient, "http://"+l.Addr().String()+"/metrics")
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		_ = server.Close()
	}
	if _, err := readMetrics(t.Context(), http.DefaultClient, "http://127.0.0.1:1/metrics"); err == nil || strings.Contains(err.Error(), "Get") {
		t.Errorf("a URL that is not how the member was reached is in %v", err)
	}
}

func TestLookAtData(t *testing.T) {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "etcd-0", Namespace: namespace}}
	pod.Spec.Containers = []corev1.Container{{Name: "etcd", VolumeMounts: []corev1.VolumeMount{{Name: "data", MountPath: "/data"}}}}
	pod.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{
		PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "claim"},
	}}}
	claim := &corev1.PersistentVolumeClaim{ObjectMeta: metav1.ObjectMeta{Name: "claim", Namespace: namespace}, Spec: corev1.PersistentVolumeClaimSpec{VolumeName: "disk"}}
	unbound := claim.DeepCopy()
	unbound.Spec.VolumeName = ""
	disk := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: "disk"}}
	for name, c := range map[string]struct {
		dir       string
		objects   []runtime.Object
		forbidden string // the resource that may not be read
		want      string // the name of the PersistentVolume, or why it is missing
	}{
		"all":                         {"/data/etcd", []runtime.Object{claim, disk}, "", "disk"},
		"no directory":                {"", nil, "", "the pod's spec does not show where the member keeps its data"},
		"relative":                    {"default.etcd", nil, "", "the pod's spec does not show where the member keeps its data"},
		"no claim":                    {"/data", nil, "", `persistentvolumeclaims "claim" not found`},
		"not bound":                   {"/data", []runtime.Object{unbound}, "", `claim "claim" is not bound to a PersistentVolume yet`},
		"PersistentVolumes forbidden": {"/data", []runtime.Object{claim, disk}, "persistentvolumes", "the PersistentVolume (forbidden: this needs get of persistentvolumes, which are cluster-scoped)"},
		"claims forbidden":            {"/data", []runtime.Object{claim, disk}, "persistentvolumeclaims", "the volume claim (forbidden: this needs get of persistentvolumeclaims)"},
	} {
		t.Run(name, func(t *testing.T) {
			kube := fake.NewClientset(c.objects...)
			if c.forbidden != "" {
				kube.PrependReactor("get", c.forbidden, func(a k8stesting.Action) (bool, runtime.Object, error) {
					return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: c.forbidden}, a.(k8stesting.GetAction).GetName(), errors.New("no"))
				})
			}
			m := cluster.Member{Pod: pod, Server: cluster.Server{Container: "etcd", DataDir: c.dir}}
			d := observe(gatherer{kube: kube, limit: time.Second}.data(t.Context(), m))
			got := d.missing + d.value.disk.missing
			if d.value.disk.value != nil {
				got += d.value.disk.value.Name
			}
			if got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
