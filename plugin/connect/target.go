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

// podMaxAge is how long a pod that was read is taken to be current: a command opens its connections right after
// discovery.
const podMaxAge = time.Second

// target holds what is needed to connect to one member.
type target struct {
	dialer    *portforward.Dialer
	kube      kubernetes.Interface
	namespace string
	member    cluster.Member
	tls       *credentials.TLS // nil if the member does not serve TLS
	maybeTLS  atomic.Bool      // it closed a connection without TLS, and it is unknown whether it serves TLS
	reached   atomic.Bool      // it answered over a port-forward that may not reach it
	missed    atomic.Bool      // a port-forward that may not reach it did not

	mu        sync.Mutex
	pod       *corev1.Pod // as it was last read
	podReadAt time.Time
}

// dial connects to the member's client port, with TLS if it serves TLS there.
func (t *target) dial(ctx context.Context) (net.Conn, error) {
	conn, err := t.dialRaw(ctx)
	if err != nil {
		return nil, err
	}
	return t.secure(ctx, t.member.Server.Scheme, conn, "h2")
}

// dialRaw connects to the member's client port, without TLS.
func (t *target) dialRaw(ctx context.Context) (net.Conn, error) {
	if t.member.Server.Unreachable != "" {
		return nil, fmt.Errorf("pod %q: %s", t.member.PodName, t.member.Server.Unreachable)
	}
	if t.member.Server.Port == 0 {
		return nil, fmt.Errorf("pod %q: the client port of etcd is unknown (pass --client-port)", t.member.PodName)
	}
	conn, err := t.dialPort(ctx, t.member.Server.Port)
	if err != nil || t.member.Server.Doubtful == "" {
		return conn, err
	}
	return &doubtful{Conn: conn, target: t}, nil
}

// dialMetrics connects to the port on which the member serves /metrics.
func (t *target) dialMetrics(ctx context.Context) (net.Conn, error) {
	metrics := t.member.Server.Metrics
	if metrics.Port == 0 && t.member.Server.Unreachable != "" {
		return nil, fmt.Errorf("pod %q: %s", t.member.PodName, t.member.Server.Unreachable)
	}
	if metrics.Port == 0 {
		return nil, fmt.Errorf("pod %q: the port for /metrics is unknown", t.member.PodName)
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

// secure does the TLS handshake if the scheme is https, or if the scheme is unknown and the user gave TLS credentials.
func (t *target) secure(ctx context.Context, scheme string, conn net.Conn, protocol string) (net.Conn, error) {
	if scheme == "http" || t.tls == nil {
		p := &plain{Conn: conn}
		if scheme == "" {
			p.maybeTLS = &t.maybeTLS
		}
		return p, nil
	}
	return t.tls.Client(ctx, conn, protocol)
}

// plain is a connection without TLS. A server that requires TLS closes it without an answer.
type plain struct {
	net.Conn
	received bool
	maybeTLS *atomic.Bool // nil if the scheme is known; set if the server seems to require TLS
}

// Read implements net.Conn.
func (p *plain) Read(b []byte) (int, error) {
	n, err := p.Conn.Read(b)
	if !p.received && n == 0 && errors.Is(err, io.EOF) {
		if p.maybeTLS != nil {
			p.maybeTLS.Store(true)
			return 0, fmt.Errorf("pod %s: server uses TLS, or is stopping (the pod's settings do not show which; if it uses TLS, pass --etcd-cacert, and --etcd-cert and --etcd-key if it requires a client certificate: %w)", p.RemoteAddr(), err)
		}
		return 0, fmt.Errorf("pod %s: server uses TLS, or is stopping (it closed the connection without an answer: %w)", p.RemoteAddr(), err)
	}
	p.received = p.received || n > 0
	return n, err
}

// dialPort connects to a port of the member's pod. A port-forward goes to any pod of that name, so dialPort reads the
// pod again if it is older than podMaxAge, and checks that it is still the member's.
func (t *target) dialPort(ctx context.Context, port int) (net.Conn, error) {
	t.mu.Lock()
	stale := time.Since(t.podReadAt) > podMaxAge
	t.mu.Unlock()
	if stale {
		if err := t.checkPod(ctx); err != nil {
			return nil, err
		}
	}
	return t.dialer.Dial(ctx, t.namespace, t.member.PodName, port)
}

// checkPod reads the pod again. It returns an error if the pod was replaced by one that has a different owner.
func (t *target) checkPod(ctx context.Context) error {
	pod, err := t.kube.CoreV1().Pods(t.namespace).Get(ctx, t.member.PodName, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("read pod %s/%s again: %w", t.namespace, t.member.PodName, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.pod != nil && pod.UID != t.pod.UID && !sameOwner(pod, t.pod) {
		return fmt.Errorf("pod %s/%s was replaced: its owner was %s and is now %s (run the command again)",
			t.namespace, t.member.PodName, ownerText(t.pod), ownerText(pod))
	}
	t.pod, t.podReadAt = pod, time.Now()
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
	return "none"
}
