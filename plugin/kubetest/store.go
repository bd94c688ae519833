package kubetest

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"path"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/scheme"
)

// admin is the user of requests that impersonate nobody.
const admin = "admin"

// Store is an API server that stores objects of any kind: it answers get, list with selectors, create, update, apply and
// delete, denies what Deny says, and forwards ports of pods. An apply merges maps and replaces lists, and knows no field
// managers.
type Store struct {
	URL string
	// Written is called after an object was created or updated, without a lock. Set it before the first request.
	Written func(*unstructured.Unstructured)

	mu       sync.Mutex
	objects  map[string]*unstructured.Unstructured // by path
	secrets  map[string]bool                       // every value of a Secret that was ever stored
	denied   []denial
	backends map[string]string // addresses of forwarded connections, by the path of the pod
	version  int
	kinds    map[schema.GroupVersionResource]string
	tunnels  *APIServer
}

type denial struct{ user, verb, resource string }

// ServeStore runs an empty Store until the end of the test.
func ServeStore(t testing.TB) *Store {
	t.Helper()
	s := &Store{
		objects: map[string]*unstructured.Unstructured{}, secrets: map[string]bool{}, backends: map[string]string{},
		kinds: map[schema.GroupVersionResource]string{}, tunnels: &APIServer{Stop: make(chan struct{})},
	}
	for kind := range scheme.Scheme.AllKnownTypes() {
		resource, _ := meta.UnsafeGuessKindToResource(kind)
		s.kinds[resource] = kind.Kind
	}
	server := httptest.NewServer(s)
	s.URL = server.URL
	t.Cleanup(func() {
		close(s.tunnels.Stop)
		server.CloseClientConnections()
		server.Close()
	})
	return s
}

// Deny refuses requests of a user with 403, as RBAC does. "*" is every user, verb or resource.
func (s *Store) Deny(user, verb, resource string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.denied = append(s.denied, denial{user, verb, resource})
}

// Forward makes connections to a pod's ports go to an address.
func (s *Store) Forward(namespace, pod, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.backends["/api/v1/namespaces/"+namespace+"/pods/"+pod] = address
}

// Put stores an object as it is, or replaces it.
func (s *Store) Put(object *unstructured.Unstructured) {
	s.mu.Lock()
	stored := s.put(pathOf(object), object)
	s.mu.Unlock()
	s.written(stored)
}

// PutTyped stores an object of one of client-go's types, as Put does.
func (s *Store) PutTyped(t testing.TB, object runtime.Object) {
	t.Helper()
	kinds, _, err := scheme.Scheme.ObjectKinds(object)
	if err != nil {
		t.Fatal(err)
	}
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	stored := &unstructured.Unstructured{Object: content}
	stored.SetGroupVersionKind(kinds[0])
	s.Put(stored)
}

// Get returns a copy of the object at a path of the API, or nil.
func (s *Store) Get(at string) *unstructured.Unstructured {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[at].DeepCopy()
}

// Delete deletes the object at a path of the API, and the pods that belong to it.
func (s *Store) Delete(at string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	object, found := s.objects[at]
	if !found {
		return false
	}
	delete(s.objects, at)
	maps.DeleteFunc(s.objects, func(_ string, o *unstructured.Unstructured) bool {
		owner := metav1.GetControllerOf(o)
		return owner != nil && owner.UID == object.GetUID()
	})
	return true
}

// Secrets returns the values of all Secrets that were ever stored, in base64, without certificates and names.
func (s *Store) Secrets() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.secrets))
}

// put stores an object. The caller holds the lock.
func (s *Store) put(at string, object *unstructured.Unstructured) *unstructured.Unstructured {
	object = object.DeepCopy()
	s.version++
	if old := s.objects[at]; old != nil {
		object.SetUID(old.GetUID())
	} else if object.GetUID() == "" {
		object.SetUID(types.UID(at + "#" + strconv.Itoa(s.version)))
	}
	object.SetResourceVersion(strconv.Itoa(s.version))
	if object.GetKind() == "Secret" {
		data, _, _ := unstructured.NestedStringMap(object.Object, "data")
		for key, value := range data {
			if !strings.HasSuffix(key, ".crt") && key != "username" {
				s.secrets[value] = true
			}
		}
	}
	s.objects[at] = object
	return object.DeepCopy()
}

func (s *Store) written(object *unstructured.Unstructured) {
	if s.Written != nil {
		s.Written(object)
	}
}

// ServeHTTP implements http.Handler.
func (s *Store) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := parseRequest(r)
	if err := s.refusal(q); err != nil {
		respond(w, err)
		return
	}
	if q.sub == "portforward" {
		s.mu.Lock()
		to := s.backends[path.Dir(r.URL.Path)]
		s.mu.Unlock()
		s.tunnels.serveWebSocket(w, r, to)
		return
	}
	object, err := s.answer(q, r)
	if err != nil {
		respond(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object)
}

func respond(w http.ResponseWriter, err *apierrors.StatusError) {
	err.ErrStatus.Kind, err.ErrStatus.APIVersion = "Status", "v1"
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(err.ErrStatus.Code))
	_ = json.NewEncoder(w).Encode(err.ErrStatus)
}

// refusal returns the API server's error if the user may not do that, in its words.
func (s *Store) refusal(q request) *apierrors.StatusError {
	s.mu.Lock()
	defer s.mu.Unlock()
	matches := func(pattern, value string) bool { return pattern == "*" || pattern == value }
	for _, d := range s.denied {
		if matches(d.user, q.user) && matches(d.verb, q.verb) && matches(d.resource, q.resource()) {
			err := apierrors.NewForbidden(q.gvr.GroupResource(), q.name, nil)
			scope := "at the cluster scope"
			if q.namespace != "" {
				scope = "in the namespace " + strconv.Quote(q.namespace)
			}
			about := q.gvr.GroupResource().String()
			if q.name != "" {
				about += " " + strconv.Quote(q.name)
			}
			err.ErrStatus.Message = about + " is forbidden: User " + strconv.Quote(q.user) + " cannot " + q.verb + " resource " +
				strconv.Quote(q.resource()) + " in API group " + strconv.Quote(q.gvr.Group) + " " + scope
			return err
		}
	}
	return nil
}

func (s *Store) answer(q request, r *http.Request) (runtime.Object, *apierrors.StatusError) {
	missing := apierrors.NewNotFound(q.gvr.GroupResource(), q.name)
	switch q.verb {
	case "get":
		if object := s.Get(r.URL.Path); object != nil {
			return object, nil
		}
		return nil, missing
	case "list":
		return s.list(q, r)
	case "delete":
		if !s.Delete(r.URL.Path) {
			return nil, missing
		}
		return &metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess}, nil
	}
	if q.namespace != "" && s.Get("/api/v1/namespaces/"+q.namespace) == nil {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "namespaces"}, q.namespace)
	}
	object, err := bodyOf(r)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return s.write(q, r, object)
}

func (s *Store) write(q request, r *http.Request, object *unstructured.Unstructured) (*unstructured.Unstructured, *apierrors.StatusError) {
	at := r.URL.Path
	if q.verb == "create" {
		at = path.Join(at, object.GetName())
	}
	s.mu.Lock()
	existing := s.objects[at]
	apply := r.Header.Get("Content-Type") == string(types.ApplyPatchType)
	switch {
	case q.verb == "create" && existing != nil:
		s.mu.Unlock()
		return nil, apierrors.NewAlreadyExists(q.gvr.GroupResource(), object.GetName())
	case q.verb != "create" && existing == nil && !apply:
		s.mu.Unlock()
		return nil, apierrors.NewNotFound(q.gvr.GroupResource(), q.name)
	case q.verb == "patch" && existing != nil:
		merged := existing.DeepCopy()
		merge(merged.Object, object.Object)
		object = merged
	}
	if r.URL.Query().Get("dryRun") != "" {
		s.mu.Unlock()
		return object, nil
	}
	stored := s.put(at, object)
	s.mu.Unlock()
	s.written(stored)
	return stored, nil
}
