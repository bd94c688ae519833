// Package kubetest has API servers for tests. They forward ports of pods to servers in the test's process, as the API
// server and the kubelet do.
package kubetest

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	gwebsocket "github.com/gorilla/websocket"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	constants "k8s.io/apimachinery/pkg/util/portforward"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/streaming/pkg/httpstream"
	streamspdy "k8s.io/streaming/pkg/httpstream/spdy"
)

// APIServer implements the port-forward protocol as the API server and the kubelet do. It forwards to Backend.
type APIServer struct {
	URL string

	Objects    map[string]runtime.Object // responses to GET, by path
	Backend    string                    // address of forwarded connections; "" refuses them as the kubelet does
	Others     map[string]string         // Backend of other pods, by pod name; guarded by mu
	mu         sync.Mutex
	NoUpgrade  int  // refuse WebSockets with this status
	Forbid     bool // refuse everything
	Hang       bool // answer no request
	NoStreams  bool // upgrade, then answer no stream
	Silent     bool // never read forwarded data
	Stop       chan struct{}
	WebSockets atomic.Int32
	Spdy       atomic.Int32
	LastPort   atomic.Pointer[string] // the last port that was requested
	sessions   sync.Map               // open sessions, of type httpstream.Connection
}

// Serve runs the server until the end of the test. Set its fields before.
func (s *APIServer) Serve(t testing.TB) *APIServer {
	t.Helper()
	s.Stop = make(chan struct{})
	if s.Objects == nil {
		s.Objects = map[string]runtime.Object{}
	}
	s.Objects["/api/v1/namespaces/ns/pods/etcd-0"] = Pod("etcd-0", corev1.ConditionTrue)
	for name := range s.Others {
		s.Objects["/api/v1/namespaces/ns/pods/"+name] = Pod(name, corev1.ConditionTrue)
	}
	server := httptest.NewServer(http.HandlerFunc(s.Handle))
	s.URL = server.URL
	t.Cleanup(func() {
		close(s.Stop)
		server.CloseClientConnections()
		server.Close()
	})
	return s
}

// Config returns a client's configuration for the server.
func (s *APIServer) Config() *rest.Config {
	return &rest.Config{Host: s.URL, QPS: -1}
}

// REST returns a client of the core group.
func (s *APIServer) REST(t testing.TB) rest.Interface {
	t.Helper()
	kube, err := kubernetes.NewForConfig(s.Config())
	if err != nil {
		t.Fatal(err)
	}
	return kube.CoreV1().RESTClient()
}

// Handle answers one request.
func (s *APIServer) Handle(w http.ResponseWriter, r *http.Request) {
	object, found := s.Objects[r.URL.Path]
	name, forward := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/ns/pods/"), "/portforward")
	s.mu.Lock()
	backend, another := s.Others[name]
	s.mu.Unlock()
	if !another {
		backend = s.Backend
	}
	switch {
	case found:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(object)
	case !forward, name != "etcd-0" && !another:
		http.Error(w, r.URL.Path+" is not what a port-forward asks for", http.StatusNotFound)
	case s.Hang:
		<-s.Stop
	case s.Forbid:
		http.Error(w, `pods "etcd-0" is forbidden`, http.StatusForbidden)
	case gwebsocket.IsWebSocketUpgrade(r) && s.NoUpgrade != 0:
		http.Error(w, "no WebSockets here", s.NoUpgrade)
	case gwebsocket.IsWebSocketUpgrade(r):
		s.WebSockets.Add(1)
		s.serveWebSocket(w, r, backend)
	default:
		s.Spdy.Add(1)
		s.serveSPDY(w, r, backend)
	}
}

// Move makes new connections to a pod go to another backend.
func (s *APIServer) Move(pod, endpoint string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Others[pod] = strings.TrimPrefix(endpoint, "http://")
}

func (s *APIServer) serveWebSocket(w http.ResponseWriter, r *http.Request, backend string) {
	upgrader := gwebsocket.Upgrader{Subprotocols: []string{constants.WebsocketsSPDYTunnelingPortForwardV1}}
	socket, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	streams := make(chan httpstream.Stream, 2)
	session, err := streamspdy.NewServerConnection(portforward.NewTunnelingConnection("server", socket), s.accept(streams))
	if err == nil {
		s.run(session, streams, backend)
	}
}

func (s *APIServer) serveSPDY(w http.ResponseWriter, r *http.Request, backend string) {
	if _, err := httpstream.Handshake(r, w, []string{constants.PortForwardV1Name}); err != nil {
		return
	}
	streams := make(chan httpstream.Stream, 2)
	session := streamspdy.NewResponseUpgrader().UpgradeResponse(w, r, s.accept(streams))
	if session != nil {
		s.run(session, streams, backend)
	}
}

func (s *APIServer) accept(streams chan httpstream.Stream) httpstream.NewStreamHandler {
	return func(stream httpstream.Stream, _ <-chan struct{}) error {
		if s.NoStreams {
			<-s.Stop
		}
		streams <- stream
		return nil
	}
}

// run forwards the only connection of a session.
func (s *APIServer) run(session httpstream.Connection, streams chan httpstream.Stream, to string) {
	s.sessions.Store(session, true)
	defer s.sessions.Delete(session)
	defer session.Close()
	byKind := map[string]httpstream.Stream{}
	for len(byKind) < 2 {
		select {
		case stream := <-streams:
			byKind[stream.Headers().Get(corev1.StreamType)] = stream
		case <-session.CloseChan():
			return
		case <-s.Stop:
			return
		}
	}
	data, failure := byKind[corev1.StreamTypeData], byKind[corev1.StreamTypeError]
	port := data.Headers().Get(corev1.PortHeader)
	s.LastPort.Store(&port)
	backend, err := net.DialTimeout("tcp", to, 20*time.Second)
	if to == "" || err != nil {
		_, _ = io.WriteString(failure, "error forwarding port 2379 to pod: dial tcp4 127.0.0.1:2379: connect: connection refused")
		_ = failure.Close()
		<-session.CloseChan()
		return
	}
	defer backend.Close()
	if s.Silent {
		<-session.CloseChan()
		return
	}
	s.copy(session, data, backend)
	_ = failure.Close()
}

// EndSessions closes all sessions, as a kubelet does when it stops.
func (s *APIServer) EndSessions() {
	s.sessions.Range(func(session, _ any) bool {
		_ = session.(httpstream.Connection).Close()
		return true
	})
}

func (s *APIServer) copy(session httpstream.Connection, data httpstream.Stream, backend net.Conn) {
	forth, back := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(forth)
		_, _ = io.Copy(backend, data)
		if half, ok := backend.(*net.TCPConn); ok {
			_ = half.CloseWrite()
		}
	}()
	go func() {
		defer close(back)
		_, _ = io.Copy(data, backend)
		_ = data.Close()
	}()
	for _, ended := range []chan struct{}{forth, back} {
		select {
		case <-ended:
		case <-s.Stop:
			return
		case <-session.CloseChan():
			<-forth // data received before the end is still in the stream
			return
		}
	}
}

// Listen listens on loopback and returns the address. It calls serve for each connection and closes it afterwards.
func Listen(t testing.TB, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() { _ = l.Close() })
	return l.Addr().String()
}

// Echo sends back what it receives, until the connection ends.
func Echo(conn net.Conn) { _, _ = io.Copy(conn, conn) }

// EachTransport runs a test over both transports.
func EachTransport(t *testing.T, f func(t *testing.T, s *APIServer)) {
	t.Helper()
	t.Run("WebSocket", func(t *testing.T) { f(t, &APIServer{}) })
	t.Run("SPDY", func(t *testing.T) { f(t, &APIServer{NoUpgrade: http.StatusBadRequest}) })
}

// WantError fails the test if err does not contain text.
func WantError(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error %v, want %q in it", err, text)
	}
}

// Pod returns a running pod in namespace "ns".
func Pod(name string, ready corev1.ConditionStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{
			{Type: corev1.PodReady, Status: ready},
		}},
	}
}
