package kubetest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

// Server is an API server that stores objects by path and forwards ports to a real etcd. It is enough to run commands
// as a user types them.
type Server struct {
	URL     string
	backend string            // address of forwarded connections
	Others  map[string]string // the address for some pods, by pod name; guarded by Mu

	Mu      sync.Mutex
	Objects map[string]runtime.Object
	version int
	tunnels *APIServer
	Asked   []string // methods and names of the requests for Secrets
}

// Serve runs a Server until the end of the test.
func Serve(t *testing.T, backend string, objects map[string]runtime.Object) *Server {
	t.Helper()
	k := &Server{backend: strings.TrimPrefix(backend, "http://"), Objects: objects, tunnels: &APIServer{Stop: make(chan struct{})}}
	server := httptest.NewServer(http.HandlerFunc(k.handle))
	k.URL = server.URL
	t.Cleanup(func() {
		close(k.tunnels.Stop)
		server.CloseClientConnections()
		server.Close()
	})
	return k
}

func (k *Server) handle(w http.ResponseWriter, r *http.Request) {
	if strings.HasSuffix(r.URL.Path, "/portforward") {
		k.forward(w, r)
		return
	}
	k.Mu.Lock()
	defer k.Mu.Unlock()
	if strings.Contains(r.URL.Path, "/secrets") {
		k.Asked = append(k.Asked, r.Method+" "+path.Base(r.URL.Path))
	}
	object, found := k.Objects[r.URL.Path]
	switch {
	case r.Method == http.MethodGet && found:
		answer(w, http.StatusOK, object)
	case r.Method == http.MethodGet && path.Base(r.URL.Path) == "pods":
		answer(w, http.StatusOK, k.pods(r.URL.Path))
	case r.Method == http.MethodPost:
		k.keep(w, r, "")
	case r.Method == http.MethodPut && found:
		k.keep(w, r, r.URL.Path)
	case r.Method == http.MethodDelete && found:
		delete(k.Objects, r.URL.Path)
		answer(w, http.StatusOK, &metav1.Status{Status: metav1.StatusSuccess})
	default:
		answer(w, http.StatusNotFound, &metav1.Status{Status: metav1.StatusFailure, Reason: metav1.StatusReasonNotFound, Code: http.StatusNotFound, Message: r.URL.Path + " not found"})
	}
}

func (k *Server) pods(under string) runtime.Object {
	list := &corev1.PodList{}
	for at, object := range k.Objects {
		if pod, ok := object.(*corev1.Pod); ok && path.Dir(at) == under {
			list.Items = append(list.Items, *pod)
		}
	}
	return list
}

// keep stores the object in a request's body, at the path at, or below the request's path if at is "".
func (k *Server) keep(w http.ResponseWriter, r *http.Request, at string) {
	body, _ := io.ReadAll(r.Body)
	object, _, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	accessor, _ := meta.Accessor(object)
	if at == "" {
		at = path.Join(r.URL.Path, accessor.GetName())
	}
	k.version++
	accessor.SetUID(types.UID(at))
	accessor.SetResourceVersion(strings.Repeat("1", k.version))
	k.Objects[at] = object
	answer(w, http.StatusOK, object)
}

// Move makes new connections to a pod go to another backend.
func (k *Server) Move(pod, endpoint string) {
	k.Mu.Lock()
	defer k.Mu.Unlock()
	if k.Others == nil {
		k.Others = map[string]string{}
	}
	k.Others[pod] = endpoint
}

func answer(w http.ResponseWriter, status int, object runtime.Object) {
	if kinds, _, err := scheme.Scheme.ObjectKinds(object); err == nil {
		object.GetObjectKind().SetGroupVersionKind(kinds[0])
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object)
}

// forward forwards a port of a pod over a WebSocket.
func (k *Server) forward(w http.ResponseWriter, r *http.Request) {
	to := k.backend
	k.Mu.Lock()
	other := k.Others[path.Base(path.Dir(r.URL.Path))]
	k.Mu.Unlock()
	if other != "" {
		to = strings.TrimPrefix(other, "http://")
	}
	k.tunnels.serveWebSocket(w, r, to)
}
