package kubetest

import (
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
)

// merge adds the fields of from to into, as a JSON merge patch does.
func merge(into, from map[string]any) {
	for key, value := range from {
		old, isMap := into[key].(map[string]any)
		change, both := value.(map[string]any)
		switch {
		case value == nil:
			delete(into, key)
		case isMap && both:
			merge(old, change)
		default:
			into[key] = value
		}
	}
}

func (s *Store) list(q request, r *http.Request) (runtime.Object, *apierrors.StatusError) {
	bad := func(err error) (runtime.Object, *apierrors.StatusError) {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	byLabel, err := labels.Parse(r.URL.Query().Get("labelSelector"))
	if err != nil {
		return bad(err)
	}
	byField, err := fields.ParseSelector(r.URL.Query().Get("fieldSelector"))
	if err != nil {
		return bad(err)
	}
	if s.kinds[q.gvr] == "" {
		return nil, apierrors.NewNotFound(q.gvr.GroupResource(), "")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	list := &unstructured.UnstructuredList{}
	list.SetGroupVersionKind(q.gvr.GroupVersion().WithKind(s.kinds[q.gvr] + "List"))
	for _, at := range slices.Sorted(maps.Keys(s.objects)) {
		object := s.objects[at]
		if q.holds(at) && byLabel.Matches(labels.Set(object.GetLabels())) && byField.Matches(fieldsOf{object}) {
			list.Items = append(list.Items, *object.DeepCopy())
		}
	}
	return list, nil
}

// fieldsOf are an object's fields by their paths, for field selectors.
type fieldsOf struct{ *unstructured.Unstructured }

// Has implements fields.Fields.
func (f fieldsOf) Has(string) bool { return true }

// Get implements fields.Fields.
func (f fieldsOf) Get(field string) string {
	value, _, _ := unstructured.NestedString(f.Object, strings.Split(field, ".")...)
	return value
}

// bodyOf returns the object in a request's body: protobuf of a typed client, JSON, or YAML.
func bodyOf(r *http.Request) (*unstructured.Unstructured, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	content := &unstructured.Unstructured{}
	if r.Header.Get("Content-Type") != runtime.ContentTypeProtobuf {
		return content, yaml.Unmarshal(body, &content.Object)
	}
	object, kind, err := scheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
	if err != nil {
		return nil, err
	}
	content.Object, err = runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	content.SetGroupVersionKind(*kind)
	return content, err
}
