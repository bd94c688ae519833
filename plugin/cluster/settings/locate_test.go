package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
)

func TestLocate(t *testing.T) {
	items := func(pairs ...string) (out []corev1.KeyToPath) {
		for i := 0; i < len(pairs); i += 2 {
			out = append(out, corev1.KeyToPath{Key: pairs[i], Path: pairs[i+1]})
		}
		return out
	}
	name := func(n string) corev1.LocalObjectReference { return corev1.LocalObjectReference{Name: n} }
	spec := corev1.PodSpec{Volumes: []corev1.Volume{
		{Name: "tls", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "certs"}}},
		{Name: "renamed", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
			SecretName: "certs",
			Items:      items("server.crt", "tls.crt", "server.key", "deep/tls.key"),
		}}},
		{Name: "config", VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: name("conf")}}},
		{Name: "pki", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/etc/kubernetes/pki/etcd"}}},
		{Name: "work", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
		{Name: "csi", VolumeSource: corev1.VolumeSource{CSI: &corev1.CSIVolumeSource{Driver: "secrets-store.csi.k8s.io"}}},
		{Name: "claim", VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data-etcd-0"}}},
		{Name: "all", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			{Secret: &corev1.SecretProjection{LocalObjectReference: name("first")}},
			{Secret: &corev1.SecretProjection{LocalObjectReference: name("second")}},
			{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: name("ca"), Items: items("bundle", "ca.crt")}},
			{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}},
		}}}},
	}}
	c := corev1.Container{
		Env: []corev1.EnvVar{{Name: "DIR", Value: "a"}, {Name: "POD", ValueFrom: &corev1.EnvVarSource{}}},
		VolumeMounts: []corev1.VolumeMount{
			{Name: "tls", MountPath: "/certs"},
			{Name: "renamed", MountPath: "/certs/server/"},
			{Name: "tls", MountPath: "/etc/one.crt", SubPath: "one.crt"},
			{Name: "config", MountPath: "/conf"},
			{Name: "pki", MountPath: "/pki"},
			{Name: "pki", MountPath: "/sub", SubPath: "dir"},
			{Name: "pki", MountPath: "/expr", SubPathExpr: "$(DIR)/$(POD)/$$x"},
			{Name: "work", MountPath: "/work"},
			{Name: "csi", MountPath: "/csi"},
			{Name: "claim", MountPath: "/data"},
			{Name: "template", MountPath: "/template"},
			{Name: "all", MountPath: "/all"},
		},
	}
	first := Location{Kind: Secret, Name: "first", Key: "tls.crt", Text: `key "tls.crt" of secret "first"`}
	tests := []struct {
		path string
		want Location
	}{
		{"/certs/tls.crt", Location{Kind: Secret, Name: "certs", Key: "tls.crt", Text: `key "tls.crt" of secret "certs"`}},
		{"/certs", Location{Kind: Secret, Name: "certs", Text: `secret "certs"`}},
		{"/certs/..data/tls.crt", Location{Kind: Secret, Name: "certs", Key: "tls.crt", Text: `key "tls.crt" of secret "certs"`}},
		{"/certs/.hidden", Location{Kind: Secret, Name: "certs", Key: ".hidden", Text: `key ".hidden" of secret "certs"`}},
		{"/certs/server/tls.crt", Location{Kind: Secret, Name: "certs", Key: "server.crt", Text: `key "server.crt" of secret "certs"`}},
		{"/certs/server//deep/tls.key", Location{Kind: Secret, Name: "certs", Key: "server.key", Text: `key "server.key" of secret "certs"`}},
		{"/certs/server/server.crt", Location{Kind: None, Text: `nothing: the volume's items have no "server.crt"`}},
		{"/etc/one.crt", Location{Kind: Secret, Name: "certs", Key: "one.crt", Text: `key "one.crt" of secret "certs"`}},
		{"/conf/etcd.yaml", Location{Kind: ConfigMap, Name: "conf", Key: "etcd.yaml", Text: `key "etcd.yaml" of configmap "conf"`}},
		{"/pki/server.crt", Location{Kind: HostPath, Path: "/etc/kubernetes/pki/etcd/server.crt", Text: "/etc/kubernetes/pki/etcd/server.crt on the node"}},
		{"/sub/a/b", Location{Kind: HostPath, Path: "/etc/kubernetes/pki/etcd/dir/a/b", Text: "/etc/kubernetes/pki/etcd/dir/a/b on the node"}},
		{"/expr/f", Location{Kind: HostPath, Path: "/etc/kubernetes/pki/etcd/a/$(POD)/$x/f", Text: "/etc/kubernetes/pki/etcd/a/$(POD)/$x/f on the node"}},
		{"/work/tls.crt", Location{Kind: Other, Text: `volume "work", which is empty at first (an emptyDir)`}},
		{"/csi/tls.crt", Location{Kind: Other, Text: `volume "csi" of the CSI driver "secrets-store.csi.k8s.io"`}},
		{"/data/tls.crt", Location{Kind: Other, Text: `volume claim "data-etcd-0"`}},
		{"/template/x", Location{Kind: Other, Text: `volume "template"`}},
		{"/all/ca.crt", Location{Kind: ConfigMap, Name: "ca", Key: "bundle", Text: `key "bundle" of configmap "ca"`, Also: []Location{
			{Kind: Secret, Name: "second", Key: "ca.crt", Text: `key "ca.crt" of secret "second"`},
			{Kind: Secret, Name: "first", Key: "ca.crt", Text: `key "ca.crt" of secret "first"`},
		}}},
		{"/all/tls.crt", Location{Kind: Secret, Name: "second", Key: "tls.crt", Text: `key "tls.crt" of secret "second"`, Also: []Location{first}}},
		{"/all/deep/tls.crt", Location{Kind: None, Text: `nothing: no source of volume "all" has "deep/tls.crt"`}},
		{"/certsandmore/x", Location{Kind: None, Text: "/certsandmore/x in the image"}},
		{"/usr/share/ca.crt", Location{Kind: None, Text: "/usr/share/ca.crt in the image"}},
	}
	for _, test := range tests {
		t.Run(test.path, func(t *testing.T) {
			if diff := cmp.Diff(test.want, Locate(spec, c, test.path)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestPathOf(t *testing.T) {
	secret := func(name string, items ...corev1.KeyToPath) corev1.VolumeSource {
		return corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: name, Items: items}}
	}
	projected := func(name string, items ...corev1.KeyToPath) corev1.VolumeProjection {
		return corev1.VolumeProjection{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Items: items}}
	}
	spec := corev1.PodSpec{Volumes: []corev1.Volume{
		{Name: "certs", VolumeSource: secret("certs")},
		{Name: "renamed", VolumeSource: secret("renamed", corev1.KeyToPath{Key: "tls.crt", Path: "client/cert.pem"})},
		{Name: "unmounted", VolumeSource: secret("unmounted")},
		{Name: "hidden", VolumeSource: secret("hidden")},
		{Name: "several", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: []corev1.VolumeProjection{
			projected("first"), projected("second", corev1.KeyToPath{Key: "tls.crt", Path: "second.crt"}), projected("third"),
		}}}},
	}}
	c := corev1.Container{VolumeMounts: []corev1.VolumeMount{
		{Name: "gone", MountPath: "/gone"},
		{Name: "hidden", MountPath: "/etc"},
		{Name: "certs", MountPath: "/etc/tls.crt", SubPath: "tls.crt"},
		{Name: "renamed", MountPath: "/renamed"},
		{Name: "renamed", MountPath: "/sub/", SubPath: "client"},
		{Name: "certs", MountPath: "/certs/"},
		{Name: "several", MountPath: "/several"},
	}}
	for _, test := range []struct{ secret, key, want string }{
		{"certs", "tls.crt", "/etc/tls.crt"},
		{"certs", "tls.key", "/certs/tls.key"},
		{"renamed", "tls.crt", "/renamed/client/cert.pem"},
		{"renamed", "tls.key", ""},
		{"unmounted", "tls.crt", ""},
		{"nowhere", "tls.crt", ""},
		{"hidden", "tls.crt", ""}, // covered by another mount
		{"hidden", "tls.key", "/etc/tls.key"},
		{"first", "tls.crt", "/several/tls.crt"}, // the third may have it too
		{"second", "tls.crt", "/several/second.crt"},
	} {
		if got := PathOf(spec, c, test.secret, test.key); got != test.want {
			t.Errorf("key %q of %q is at %q, want %q", test.key, test.secret, got, test.want)
		}
	}
	c.VolumeMounts = c.VolumeMounts[4:5]
	if got := PathOf(spec, c, "renamed", "tls.crt"); got != "/sub/cert.pem" {
		t.Errorf("under a subPath: %q", got)
	}
}

// TestLocateProjected: a source that names the file wins over a later one that may have it.
func TestLocateProjected(t *testing.T) {
	items := []corev1.KeyToPath{{Key: "key", Path: "ca.crt"}}
	secret := func(name string, items ...corev1.KeyToPath) corev1.VolumeProjection {
		return corev1.VolumeProjection{Secret: &corev1.SecretProjection{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Items: items}}
	}
	configMap := func(name string, items ...corev1.KeyToPath) corev1.VolumeProjection {
		return corev1.VolumeProjection{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: name}, Items: items}}
	}
	token := corev1.VolumeProjection{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}}
	bundle := corev1.VolumeProjection{ClusterTrustBundle: &corev1.ClusterTrustBundleProjection{Path: "bundle"}}
	for name, c := range map[string]struct {
		sources []corev1.VolumeProjection
		file    string
		want    []string // kind and name of the source, then of others that may have the file
	}{
		"a Secret that names it":           {[]corev1.VolumeProjection{secret("a", items...), configMap("b")}, "ca.crt", []string{"Secret a key", "ConfigMap b ca.crt"}},
		"a ConfigMap that names it":        {[]corev1.VolumeProjection{configMap("a", items...), secret("b")}, "ca.crt", []string{"ConfigMap a key", "Secret b ca.crt"}},
		"two that may have it: the later":  {[]corev1.VolumeProjection{configMap("a"), secret("b")}, "ca.crt", []string{"Secret b ca.crt", "ConfigMap a ca.crt"}},
		"two that name it: the later":      {[]corev1.VolumeProjection{configMap("a", items...), secret("b", items...)}, "ca.crt", []string{"Secret b key", "ConfigMap a key"}},
		"one that names another":           {[]corev1.VolumeProjection{configMap("a"), secret("b", items...)}, "tls.crt", []string{"ConfigMap a tls.crt"}},
		"a token, and what may have it":    {[]corev1.VolumeProjection{token, secret("a")}, "token", []string{"Other  ", "Secret a token"}},
		"a bundle, and what may have it":   {[]corev1.VolumeProjection{bundle, secret("a")}, "bundle", []string{"Other  ", "Secret a bundle"}},
		"neither a token nor a bundle":     {[]corev1.VolumeProjection{token, bundle}, "ca.crt", []string{"None  "}},
		"the whole of a volume, of one":    {[]corev1.VolumeProjection{secret("a")}, "", []string{"Secret a "}},
		"a folder, which no key can be in": {[]corev1.VolumeProjection{secret("a")}, "deep/ca.crt", []string{"None  "}},
	} {
		spec := corev1.PodSpec{Volumes: []corev1.Volume{{Name: "all", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{Sources: c.sources}}}}}
		l := Locate(spec, corev1.Container{VolumeMounts: []corev1.VolumeMount{{Name: "all", MountPath: "/"}}}, "/"+c.file)
		var got []string
		for _, at := range append([]Location{l}, l.Also...) {
			got = append(got, string(at.Kind)+" "+at.Name+" "+at.Key)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
	// Only a source that is a Secret has a Secret's keys.
	spec := corev1.PodSpec{Volumes: []corev1.Volume{{Name: "all", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{configMap("a"), token, secret("a", items...)},
	}}}}}
	if got := PathOf(spec, corev1.Container{VolumeMounts: []corev1.VolumeMount{{Name: "all", MountPath: "/all"}}}, "a", "key"); got != "/all/ca.crt" {
		t.Errorf("the key is at %q", got)
	}
}
