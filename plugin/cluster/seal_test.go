package cluster

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestSeal(t *testing.T) {
	names := []string{"etcd-0", "etcd-1", "etcd-2"}
	peers := map[string]string{"etcd-0": "http://a:1", "etcd-1": "http://b:1", "etcd-2": "http://c:1"}
	for name, c := range map[string]struct {
		data map[string]string
		want Seal
		text string
	}{
		"shipped":     {nil, Seal{State: SealEmpty}, "empty"},
		"closed":      {SealedData(), Seal{State: SealClosed}, "closed"},
		"opened":      {OpenData("etcd-1", names, peers), Seal{State: SealOpen, Admits: "etcd-1"}, "open for etcd-1"},
		"by the head": {OpenData("etcd-0", names, peers), Seal{State: SealOpen, Admits: "etcd-0"}, "open for etcd-0"},
		"by hand":     {map[string]string{EnvInitialCluster: "etcd-0=http://a:1"}, Seal{State: SealOpen, Admits: "etcd-0"}, "open for etcd-0"},
	} {
		got := ParseSeal(c.data)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if got.String() != c.text {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestOpenSealAdmitsOne: an open seal has the name of one member only, so no other member without data finds its own.
func TestOpenSealAdmitsOne(t *testing.T) {
	names := []string{"x-0", "x-1", "x-2"} // pods whose names begin like the aliases
	peers := map[string]string{"x-0": "http://a:1", "x-1": "http://b:1", "x-2": "http://c:1"}
	list := OpenData("x-1", names, peers)[EnvInitialCluster]
	if list != "x0=http://a:1,x-1=http://b:1,x2=http://c:1" {
		t.Error(list)
	}
	for _, name := range names {
		if strings.Contains(","+list, ","+name+"=") != (name == "x-1") {
			t.Errorf("%s in %s", name, list)
		}
	}
}

func FuzzParseSeal(f *testing.F) {
	f.Add("")
	f.Add(closedSeal)
	f.Add("x0=http://a:1,etcd-1=http://b:1")
	f.Fuzz(func(t *testing.T, list string) {
		seal := ParseSeal(map[string]string{EnvInitialCluster: list})
		// Only the one value that was tested keeps every member out.
		if (seal.State == SealClosed) != (list == closedSeal) || (seal.State == SealEmpty) != (list == "") {
			t.Errorf("%q is %s", list, seal.State)
		}
	})
}

func TestSelectorNamesComponents(t *testing.T) {
	want := "app.kubernetes.io/name=etcd,app.kubernetes.io/component in (member,client,bootstrap,seal),app.kubernetes.io/instance=orders"
	if got := Selector("orders"); got != want {
		t.Error(got)
	}
	if got := Selector("", ComponentSeal); got != fmt.Sprintf("%s=etcd,%s in (seal)", LabelName, LabelComponent) {
		t.Error(got)
	}
}

// TestAnothersConfigMapIsNoSeal: writing a seal into another ConfigMap would change an etcd of others.
func TestAnothersConfigMapIsNoSeal(t *testing.T) {
	set := setOf("app", 3, "etcd")
	set.Spec.Template.Spec.Containers[0].EnvFrom = []corev1.EnvFromSource{
		{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "app-sealed-env"}}},
	}
	if got := SealConfig(set); got != "" {
		t.Errorf("%q is taken for a seal", got)
	}
	set.Spec.Template.Labels = map[string]string{LabelComponent: ComponentMember}
	set.Spec.Template.Spec.Containers[0].EnvFrom[0].ConfigMapRef.Name = "app-seal-z"
	if got := SealConfig(set); got != "app-seal-z" {
		t.Errorf("%q, want app-seal-z", got)
	}
}
