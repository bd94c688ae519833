package settings

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// objects are ConfigMaps by name. Access to a nil one is denied; any other name does not exist.
type objects map[string]map[string]string

func (o objects) ConfigMap(_ context.Context, name string) (*corev1.ConfigMap, error) {
	data, ok := o[name]
	switch resource := (schema.GroupResource{Resource: "configmaps"}); {
	case !ok:
		return nil, apierrors.NewNotFound(resource, name)
	case data == nil:
		return nil, apierrors.NewForbidden(resource, name, errors.New("no"))
	}
	return &corev1.ConfigMap{Data: data}, nil
}

func TestEnvironment(t *testing.T) {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			Name: "etcd-1", Namespace: "ns", UID: "u",
			Labels:      map[string]string{"app.kubernetes.io/instance": "main"},
			Annotations: map[string]string{"a.b/c": "note"},
		},
		Spec: corev1.PodSpec{NodeName: "node-a", ServiceAccountName: "sa"},
		Status: corev1.PodStatus{
			PodIP: "10.0.0.1", HostIP: "192.168.0.1",
			PodIPs: []corev1.PodIP{{IP: "10.0.0.1"}, {IP: "fd00::1"}}, HostIPs: []corev1.HostIP{{IP: "192.168.0.1"}},
		},
	}
	have := objects{
		"one":    {"A": "1", "B": "1", "C": "$(B)"},
		"two":    {"B": "2"},
		"secret": nil, "denied": nil,
	}
	field := func(path string) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}
	}
	key := func(name, key string, optional bool) *corev1.EnvVarSource {
		return &corev1.EnvVarSource{ConfigMapKeyRef: &corev1.ConfigMapKeySelector{
			LocalObjectReference: corev1.LocalObjectReference{Name: name}, Key: key, Optional: &optional,
		}}
	}
	from := func(name, prefix string) corev1.EnvFromSource {
		return corev1.EnvFromSource{Prefix: prefix, ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}
	}
	vars := func(pairs ...string) (out []corev1.EnvVar) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, corev1.EnvVar{Name: pairs[i], Value: pairs[i+1]})
		}
		return out
	}
	yes := true
	tests := []struct {
		name    string
		env     []corev1.EnvVar
		from    []corev1.EnvFromSource
		get     string
		want    string
		unknown []string
	}{
		{name: "plain", env: vars("X", "v"), get: "$(X)", want: "v"},
		{name: "in order", env: vars("X", "$(Y)", "Y", "1", "Z", "$(Y)"), get: "$(X) $(Z)", want: "$(Y) 1"},
		{name: "escapes", env: vars("X", "1"), get: "$$(X) $$$(X) $X $(", want: "$(X) $1 $X $("},
		{name: "the last of two", env: vars("X", "1", "X", "$(X)2"), get: "$(X)", want: "12"},
		{name: "host name is not the kubelet's", get: "$(HOSTNAME)", want: "$(HOSTNAME)"},
		{name: "envFrom, the later wins, nothing is expanded", from: []corev1.EnvFromSource{from("one", ""), from("two", "")}, get: "$(A)$(B)$(C)", want: "12$(B)"},
		{name: "envFrom with a prefix", from: []corev1.EnvFromSource{from("one", "P_")}, get: "$(P_A)$(A)", want: "1$(A)"},
		{name: "env beats envFrom and sees it", from: []corev1.EnvFromSource{from("one", "")}, env: vars("A", "$(B)0"), get: "$(A)", want: "10"},
		{name: "fields of the pod", env: []corev1.EnvVar{
			{Name: "N", ValueFrom: field("metadata.name")},
			{Name: "NS", ValueFrom: field("metadata.namespace")},
			{Name: "U", ValueFrom: field("metadata.uid")},
			{Name: "L", ValueFrom: field("metadata.labels['app.kubernetes.io/instance']")},
			{Name: "A", ValueFrom: field("metadata.annotations['a.b/c']")},
		}, get: "$(N) $(NS) $(U) $(L) $(A)", want: "etcd-1 ns u main note"},
		{name: "fields of spec and status", env: []corev1.EnvVar{
			{Name: "N", ValueFrom: field("spec.nodeName")},
			{Name: "S", ValueFrom: field("spec.serviceAccountName")},
			{Name: "P", ValueFrom: field("status.podIP")},
			{Name: "PS", ValueFrom: field("status.podIPs")},
			{Name: "H", ValueFrom: field("status.hostIP")},
			{Name: "HS", ValueFrom: field("status.hostIPs")},
		}, get: "$(N) $(S) $(P) $(PS) $(H) $(HS)", want: "node-a sa 10.0.0.1 10.0.0.1,fd00::1 192.168.0.1 192.168.0.1"},
		{name: "key of a ConfigMap", env: []corev1.EnvVar{{Name: "X", ValueFrom: key("one", "A", false)}}, get: "$(X)", want: "1"},
		{
			name: "optional key that is not there", env: []corev1.EnvVar{{Name: "X", ValueFrom: key("one", "Z", true)}, {Name: "Y", ValueFrom: key("three", "Z", true)}},
			get: "$(X)$(Y)", want: "$(X)$(Y)",
		},
		{
			name: "key that is not there", env: []corev1.EnvVar{{Name: "X", ValueFrom: key("one", "Z", false)}},
			get: "a$(X)", unknown: []string{`--name: environment variable X (from key "Z" of configmap "one", which does not exist)`},
		},
		{
			name: "key of a ConfigMap that may not be read", env: []corev1.EnvVar{{Name: "X", ValueFrom: key("secret", "Z", true)}},
			get: "$(X)", unknown: []string{`--name: environment variable X (from key "Z" of configmap "secret", which may not be read)`},
		},
		{
			name: "a Secret's key", env: []corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
				LocalObjectReference: corev1.LocalObjectReference{Name: "y"}, Key: "k",
			}}}, {Name: "Y", Value: "a$(X)"}},
			get: "$(Y)$(X)", unknown: []string{`--name: environment variable X (from secret "y")`},
		},
		{
			name: "a Secret that nothing asks for", env: []corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{}}}},
			get: "a", want: "a",
		},
		{
			name: "resources", env: []corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: "limits.cpu"}}}},
			get: "$(X)", unknown: []string{"--name: environment variable X (from resource field limits.cpu)"},
		},
		{name: "a Service's variables", get: "$(ETCD_SERVICE_HOST)", unknown: []string{"--name: variable ETCD_SERVICE_HOST of a Service"}},
		{name: "envFrom that cannot be read", get: "a", want: "a", from: []corev1.EnvFromSource{
			from("secret", ""), from("three", ""),
			{SecretRef: &corev1.SecretEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "y"}}},
			{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "four"}, Optional: &yes}},
			{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "denied"}, Optional: &yes}},
		}, unknown: []string{
			`environment from configmap "secret", which may not be read`, `environment from configmap "three", which does not exist`,
			`environment from secret "y", which is not read`, `environment from configmap "denied", which may not be read`,
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := corev1.Container{Command: []string{"etcd", "--name=" + test.get}, Env: test.env, EnvFrom: test.from}
			s, err := Read(t.Context(), pod, c, have)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Get("name"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if diff := cmp.Diff(test.unknown, s.Unknown()); diff != "" {
				t.Errorf("unknown (-want +got)\n%s", diff)
			}
		})
	}
}

func TestHostname(t *testing.T) {
	override := "other"
	tests := []struct {
		name string
		spec corev1.PodSpec
		want string
	}{
		{"the pod's name", corev1.PodSpec{NodeName: "node-a"}, "etcd-0"},
		{"its own", corev1.PodSpec{Hostname: "h"}, "h"},
		{"the node's on its network", corev1.PodSpec{NodeName: "node-a", HostNetwork: true}, "node-a"},
		{"on the network of a node that is not known yet", corev1.PodSpec{HostNetwork: true}, ""},
		{"of 63 characters", corev1.PodSpec{Hostname: strings.Repeat("h", 63)}, strings.Repeat("h", 63)},
		{"cut to 63 characters, without a dash or a dot at its end", corev1.PodSpec{Hostname: strings.Repeat("h", 60) + "-.-x"}, strings.Repeat("h", 60)},
		{"overridden", corev1.PodSpec{Hostname: "h", HostnameOverride: &override}, "other"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "etcd-0"}, Spec: test.spec}
			s, err := Read(t.Context(), pod, corev1.Container{}, objects{})
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Env("HOSTNAME"); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestServiceVariables: Services' variables may be set if the pod has enableServiceLinks, those of Kubernetes itself always.
func TestServiceVariables(t *testing.T) {
	off, on := false, true
	for _, test := range []struct {
		links *bool
		text  string
		want  string // Pattern
	}{
		{nil, "$(ETCD_SERVICE_HOST)", "*"},
		{&on, "$(ETCD_PORT_2379_TCP)", "*"},
		{&on, "$(ETCD_HOST)", "$(ETCD_HOST)"},
		{&off, "$(ETCD_SERVICE_HOST)", "$(ETCD_SERVICE_HOST)"},
		{&off, "$(KUBERNETES_SERVICE_HOST)", "*"},
		{&off, "$(KUBERNETES_NAME)", "$(KUBERNETES_NAME)"},
	} {
		pod := &corev1.Pod{Spec: corev1.PodSpec{EnableServiceLinks: test.links}}
		s, err := Read(t.Context(), pod, corev1.Container{Command: []string{"etcd", "--name=" + test.text}}, objects{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Pattern("name"); got != test.want {
			t.Errorf("%s: %q, want %q", test.text, got, test.want)
		}
	}
}

// TestFieldsNotKnownYet: a pod built from a template has no address, and some fields have no value.
func TestFieldsNotKnownYet(t *testing.T) {
	for path, want := range map[string]string{
		"metadata.name": "etcd-0", "status.podIP": "*", "status.podIPs": "*", "status.hostIPs": "*", "spec.nodeName": "*",
		"metadata.labels['none']": "", "metadata.annotations['none']": "", "metadata.finalizers['x']": "*", "spec.other": "*",
	} {
		c := corev1.Container{Command: []string{"etcd", "--name=$(X)"}, Env: []corev1.EnvVar{{Name: "X", ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}}}
		s, err := Read(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "etcd-0"}}, c, objects{})
		if err != nil {
			t.Fatal(err)
		}
		if got := s.Pattern("name"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// counting counts the requests for each ConfigMap.
type counting map[string]int

func (c counting) ConfigMap(ctx context.Context, name string) (*corev1.ConfigMap, error) {
	c[name]++
	return objects{"one": {"A": "1"}}.ConfigMap(ctx, name)
}

func TestConfigMapsAreAskedForOnce(t *testing.T) {
	from := func(name string) corev1.EnvFromSource {
		return corev1.EnvFromSource{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}
	}
	asked := counting{}
	c := corev1.Container{Command: []string{"etcd"}, EnvFrom: []corev1.EnvFromSource{from("one"), from("two"), from("one"), from("two")}}
	if _, err := Read(t.Context(), &corev1.Pod{}, c, asked); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(counting{"one": 1, "two": 1}, asked); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

type failing struct{}

func (failing) ConfigMap(context.Context, string) (*corev1.ConfigMap, error) {
	return nil, errors.New("connection refused")
}

func TestReadFails(t *testing.T) {
	c := corev1.Container{EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "x"}}}}}
	_, err := Read(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns"}}, c, failing{})
	if err == nil || err.Error() != "read configmap ns/x: connection refused" {
		t.Errorf("got %v", err)
	}
}
