package connect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect/portforward"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// fresh is how long a look at a pod holds: a command opens its connections right after it has found the cluster.
const fresh = time.Second

// target is one member as the end of connections.
type target struct {
	dialer    *portforward.Dialer
	kube      kubernetes.Interface
	namespace string
	member    cluster.Member
	tls       *credentials.TLS // nil where the member serves nothing over it
	mute      atomic.Bool      // it ended a connection without TLS, and nobody knows whether it wants it
	reached   atomic.Bool      // it said something over a connection, of one that a port-forward may never reach
	missed    atomic.Bool      // a port-forward did not reach it, of one that it may never reach

	mu     sync.Mutex
	pod    *corev1.Pod // as it was last looked at
	looked time.Time
}

// dial connects to where the member serves clients, and speaks TLS where that is to be spoken.
func (t *target) dial(ctx context.Context) (net.Conn, error) {
	conn, err := t.dialRaw(ctx)
	if err != nil {
		return nil, err
	}
	return t.secure(ctx, t.member.Server.Scheme, conn, "h2")
}

// dialRaw connects to the port on which the member serves clients.
func (t *target) dialRaw(ctx context.Context) (net.Conn, error) {
	if t.member.Server.Unreachable != "" {
		return nil, fmt.Errorf("pod %q: %s", t.member.PodName, t.member.Server.Unreachable)
	}
	if t.member.Server.Port == 0 {
		return nil, fmt.Errorf("pod %q: which port etcd serves clients on cannot be told (say it with --client-port)", t.member.PodName)
	}
	conn, err := t.dialPort(ctx, t.member.Server.Port)
	if err != nil || t.member.Server.Doubtful == "" {
		return conn, err
	}
	return &doubtful{Conn: conn, target: t}, nil
}

// dialMetrics connects to where the member serves /metrics.
func (t *target) dialMetrics(ctx context.Context) (net.Conn, error) {
	metrics := t.member.Server.Metrics
	if metrics.Port == 0 && t.member.Server.Unreachable != "" {
		return nil, fmt.Errorf("pod %q: %s", t.member.PodName, t.member.Server.Unreachable)
	}
	if metrics.Port == 0 {
		return nil, fmt.Errorf("pod %q: where etcd serves /metrics cannot be told", t.member.PodName)
	}
	dial := func(ctx context.Context) (net.Conn, error) { return t.dialPort(ctx, metrics.Port) }
	if metrics.Port == t.member.Server.Port {
		dial = t.dialRaw
	}
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	return t.secure(ctx, metrics.Scheme, conn, "http/1.1")
}

// secure speaks TLS over a connection where that is the scheme, or where nobody knows and the user gave what it takes.
func (t *target) secure(ctx context.Context, scheme string, conn net.Conn, protocol string) (net.Conn, error) {
	if scheme == "http" || t.tls == nil {
		p := &plain{Conn: conn}
		if scheme == "" {
			p.mute = &t.mute
		}
		return p, nil
	}
	return t.tls.Client(ctx, conn, protocol)
}

// plain is a connection without TLS. A server that wants TLS ends it without a word.
type plain struct {
	net.Conn
	heard bool
	mute  *atomic.Bool // where nobody knows whether the server wants TLS: is set once it seems to
}

// Read implements net.Conn.
func (p *plain) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if !p.heard && n == 0 && errors.Is(err, io.EOF) {
		if p.mute != nil {
			p.mute.Store(true)
			return 0, fmt.Errorf("pod %s: server speaks TLS, or is stopping (its pod does not tell which; where it is TLS, say so with --etcd-cacert, and --etcd-cert and --etcd-key where it wants a client's: %w)", p.RemoteAddr(), err)
		}
		return 0, fmt.Errorf("pod %s: server speaks TLS, or is stopping (it closed the connection before it said anything: %w)", p.RemoteAddr(), err)
	}
	p.heard = p.heard || n > 0
	return n, err
}

// dialPort connects to a port of the member's pod. A port-forward goes to whatever pod has that name, so where the last
// look at it is not fresh it is looked whether that is still the member's.
func (t *target) dialPort(ctx context.Context, port int) (net.Conn, error) {
	t.mu.Lock()
	stale := time.Since(t.looked) > fresh
	t.mu.Unlock()
	if stale {
		if err := t.recognize(ctx); err != nil {
			return nil, err
		}
	}
	return t.dialer.Dial(ctx, t.namespace, t.member.PodName, port)
}

// recognize accepts the pod that was reached before, and one that the same owner made in its place.
func (t *target) recognize(ctx context.Context) error {
	pod, err := t.kube.CoreV1().Pods(t.namespace).Get(ctx, t.member.PodName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("look for pod %s/%s again: %w", t.namespace, t.member.PodName, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pod != nil && pod.UID != t.pod.UID && !sameOwner(pod, t.pod) {
		return fmt.Errorf("pod %s/%s is another one now: it was made by %s and is by %s (run the command again)",
			t.namespace, t.member.PodName, ownerText(t.pod), ownerText(pod))
	}
	t.pod, t.looked = pod, time.Now()
	return nil
}

func sameOwner(a, b *corev1.Pod) bool {
	x, y := metav1.GetControllerOf(a), metav1.GetControllerOf(b)
	return x != nil && y != nil && x.UID == y.UID
}

func ownerText(pod *corev1.Pod) string {
	if owner := metav1.GetControllerOf(pod); owner != nil {
		return fmt.Sprintf("%s %q (uid %s)", owner.Kind, owner.Name, owner.UID)
	}
	return "nobody"
}
