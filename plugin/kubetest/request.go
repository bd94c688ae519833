package kubetest

import (
	"cmp"
	"net/http"
	"path"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// request is what a request asks of the API server, in the terms of RBAC.
type request struct {
	user, verb           string
	gvr                  schema.GroupVersionResource
	namespace, name, sub string
	path                 string
}

// resource returns the resource as RBAC's rules have it: pods, pods/portforward.
func (q request) resource() string {
	if q.sub == "" {
		return q.gvr.Resource
	}
	return q.gvr.Resource + "/" + q.sub
}

// holds reports whether the object at a path belongs to the list that is asked for: of a namespace, or of all.
func (q request) holds(at string) bool {
	if path.Dir(at) == q.path {
		return true
	}
	before, after, found := strings.Cut(at, "/namespaces/")
	_, resource, _ := strings.Cut(path.Dir(after), "/")
	return found && q.namespace == "" && before+"/"+resource == q.path
}

// parseRequest parses /api/VERSION/… and /apis/GROUP/VERSION/….
func parseRequest(r *http.Request) request {
	q := request{user: cmp.Or(r.Header.Get("Impersonate-User"), admin), path: r.URL.Path}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	next := func() string {
		if len(parts) == 0 {
			return ""
		}
		first := parts[0]
		parts = parts[1:]
		return first
	}
	if next() == "apis" {
		q.gvr.Group = next()
	}
	q.gvr.Version = next()
	if len(parts) > 2 && parts[0] == "namespaces" {
		next()
		q.namespace = next()
	}
	q.gvr.Resource, q.name, q.sub = next(), next(), next()
	switch r.Method {
	case http.MethodGet:
		if q.verb = "get"; q.name == "" {
			q.verb = "list"
		}
	case http.MethodPost:
		q.verb = "create"
	case http.MethodPut:
		q.verb = "update"
	default:
		q.verb = strings.ToLower(r.Method)
	}
	return q
}

// pathOf returns the path of an object in the API.
func pathOf(object *unstructured.Unstructured) string {
	kind := object.GroupVersionKind()
	resource, _ := meta.UnsafeGuessKindToResource(kind)
	root := "/api/" + kind.Version
	if kind.Group != "" {
		root = "/apis/" + kind.Group + "/" + kind.Version
	}
	if namespace := object.GetNamespace(); namespace != "" {
		root += "/namespaces/" + namespace
	}
	return root + "/" + resource.Resource + "/" + object.GetName()
}
