package deploy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// Values of Secrets, in base64 and as text.
const (
	keyOne, keyTwo = "LS0tLS1CRUdJTiBPTkU=", "LS0tLS1CRUdJTiBUV08="
	plainOne       = "-----BEGIN ONE"
)

func secret(fields map[string]any) *unstructured.Unstructured {
	o := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
		"metadata": map[string]any{"name": "etcd", "namespace": "ns"},
	}}
	for key, value := range fields {
		o.Object[key] = value
	}
	return o
}

func applied(content, owner string) map[string]any {
	return map[string]any{"name": "etcd", "namespace": "ns", "annotations": map[string]any{lastApplied: content, "owner": owner}}
}

func values(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}

func TestDiffOfSecrets(t *testing.T) {
	for name, c := range map[string]struct {
		before, after *unstructured.Unstructured
		want          []string // the lines that differ
	}{
		"a new Secret": {
			nil, secret(map[string]any{"data": values("tls.key", keyOne)}),
			[]string{"+apiVersion: v1", "+data:", "+  tls.key: '***'", "+kind: Secret", "+metadata:", "+  name: etcd", "+  namespace: ns", "+type: kubernetes.io/tls"},
		},
		"another value": {
			secret(map[string]any{"data": values("tls.key", keyOne, "ca.crt", keyOne)}),
			secret(map[string]any{"data": values("tls.key", keyTwo, "ca.crt", keyOne)}),
			[]string{"-  tls.key: '*** (before)'", "+  tls.key: '*** (after)'"},
		},
		"a key added and a key removed": {
			secret(map[string]any{"data": values("old", keyOne, "ca.crt", keyOne)}),
			secret(map[string]any{"data": values("new", keyOne, "ca.crt", keyOne)}),
			[]string{"-  old: '***'", "+  new: '***'"},
		},
		"data where there was none": {
			secret(map[string]any{}), secret(map[string]any{"data": values("tls.key", keyOne)}),
			[]string{"+data:", "+  tls.key: '***'"},
		},
		"null where there was data": {
			secret(map[string]any{"data": values("tls.key", keyOne)}), secret(map[string]any{"data": nil}),
			[]string{"-data:", "-  tls.key: '***'", "+data: null"},
		},
		"plain text": {
			secret(map[string]any{"stringData": values("password", plainOne)}), secret(map[string]any{"stringData": values("password", "other")}),
			[]string{"-  password: '*** (before)'", "+  password: '*** (after)'"},
		},
		"values of other types": {
			secret(map[string]any{"data": plainOne, "stringData": values("a", values("b", plainOne))}),
			secret(map[string]any{"data": values("tls.key", keyOne), "stringData": values("a", int64(7))}),
			[]string{"-data: '***'", "+data:", "+  tls.key: '***'", "-  a: '*** (before)'", "+  a: '*** (after)'"},
		},
		"the copy of kubectl apply": {
			secret(map[string]any{"metadata": applied(`{"data":{"tls.key":"`+keyOne+`"}}`, "one")}),
			secret(map[string]any{"metadata": applied(`{"data":{"tls.key":"`+keyTwo+`"}}`, "two")}),
			[]string{
				"-    kubectl.kubernetes.io/last-applied-configuration: '*** (before)'", "-    owner: one",
				"+    kubectl.kubernetes.io/last-applied-configuration: '*** (after)'", "+    owner: two",
			},
		},
		"only the type": {
			secret(map[string]any{"metadata": applied(plainOne, ""), "data": values("tls.key", keyOne)}),
			secret(map[string]any{"metadata": applied(plainOne, ""), "data": values("tls.key", keyOne), "type": "Opaque"}),
			[]string{"-type: kubernetes.io/tls", "+type: Opaque"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			whole := fmt.Sprint(c.before, c.after)
			change := Change{Object: c.after, Before: c.before, After: c.after, Verb: verb(c.before, c.after)}
			got, err := Diff([]Change{change})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, differing(got)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			noSecret(t, got)
			if fmt.Sprint(c.before, c.after) != whole {
				t.Error("the objects themselves were changed")
			}
		})
	}
}

// differing returns the added and removed lines of a unified diff, without its headers.
func differing(text string) []string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "+") && !strings.HasPrefix(line, "+++") || strings.HasPrefix(line, "-") && !strings.HasPrefix(line, "---") {
			lines = append(lines, line)
		}
	}
	return lines
}

func noSecret(t *testing.T, text string) {
	t.Helper()
	for _, content := range []string{keyOne, keyTwo, plainOne} {
		if strings.Contains(text, content) {
			t.Errorf("it tells %q:\n%s", content, text)
		}
	}
}

// TestVerbOfSecrets checks that a change of a hidden value counts as a change.
func TestVerbOfSecrets(t *testing.T) {
	one, two := secret(map[string]any{"data": values("tls.key", keyOne)}), secret(map[string]any{"data": values("tls.key", keyTwo)})
	if got := verb(one, one); got != Unchanged {
		t.Errorf("the same: %s", got)
	}
	if got := verb(one, two); got != Configured {
		t.Errorf("another key: %s", got)
	}
}

func TestVisible(t *testing.T) {
	shown := Visible(secret(map[string]any{"data": values("tls.key", keyOne), "metadata": applied(plainOne, "me")}))
	noSecret(t, fmt.Sprint(shown))
	want := values("apiVersion", "v1", "kind", "Secret", "type", "kubernetes.io/tls", "data", values("tls.key", "***"), "metadata", applied("***", "me"))
	if diff := cmp.Diff(want, shown.Object); diff != "" {
		t.Error(diff)
	}
	config := secret(map[string]any{"kind": "ConfigMap", "data": values("a", "b")})
	if diff := cmp.Diff(values("a", "b"), Visible(config).Object["data"]); diff != "" {
		t.Errorf("a ConfigMap: %s", diff)
	}
}
