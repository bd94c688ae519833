package deploy

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/fake"
)

func rootSecret(data ...string) *corev1.Secret {
	s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "etcd-root", Namespace: "ns"}, Data: map[string][]byte{}}
	for i := 0; i < len(data); i += 2 {
		s.Data[data[i]] = []byte(data[i+1])
	}
	return s
}

func TestMakeRootPassword(t *testing.T) {
	kube := fake.NewClientset()
	made, err := MakeRootPassword(t.Context(), kube, "ns", "etcd", "etcd-root")
	if err != nil || len(made) < 26 {
		t.Fatalf("%d characters, %v", len(made), err)
	}
	again, err := MakeRootPassword(t.Context(), kube, "ns", "etcd", "etcd-root")
	if err != nil || again != made {
		t.Errorf("a second run has another password, %v", err)
	}
	s, err := kube.CoreV1().Secrets("ns").Get(t.Context(), "etcd-root", metav1.GetOptions{})
	if err != nil || s.Type != corev1.SecretTypeOpaque || string(s.Data["username"]) != "root" || s.Labels["app.kubernetes.io/component"] != "root" || s.Labels["app.kubernetes.io/instance"] != "etcd" {
		t.Errorf("type %q, labels %v, %v", s.Type, s.Labels, err)
	}
}

func TestRootPassword(t *testing.T) {
	for name, c := range map[string]struct {
		secret *corev1.Secret
		want   string
		err    string
	}{
		"empty":         {rootSecret(), "", "has no password"},
		"good":          {rootSecret("username", "root", "password", "s3cret"), "s3cret", ""},
		"no user named": {rootSecret("password", "s3cret"), "s3cret", ""},
		"another user":  {rootSecret("username", "app", "password", "s3cret"), "", "secret ns/etcd-root is not for user root"},
		"no password":   {rootSecret("username", "root"), "", "secret ns/etcd-root has no password"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := RootPassword(t.Context(), fake.NewClientset(c.secret), "ns", "etcd-root")
			if got != c.want || (err != nil) != (c.err != "") {
				t.Errorf("%v", err)
			}
			if err != nil && (!strings.Contains(err.Error(), c.err) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("%v, want %q", err, c.err)
			}
		})
	}
}

func TestKeepRootPassword(t *testing.T) {
	for name, c := range map[string]struct {
		kube *fake.Clientset
		want bool
	}{
		"root's":         {fake.NewClientset(rootSecret("username", "root", "password", "old")), true},
		"no Secret":      {fake.NewClientset(), false},
		"another user's": {fake.NewClientset(rootSecret("username", "app", "password", "old")), false},
	} {
		kept, err := KeepRootPassword(t.Context(), c.kube, "ns", "etcd-root", "new")
		if kept != c.want || err != nil {
			t.Errorf("%s: kept %v, %v", name, kept, err)
		}
		if s, err := c.kube.CoreV1().Secrets("ns").Get(t.Context(), "etcd-root", metav1.GetOptions{}); err == nil && (string(s.Data["password"]) == "new") != c.want {
			t.Errorf("%s: the Secret does not have what was told", name)
		}
	}
}
