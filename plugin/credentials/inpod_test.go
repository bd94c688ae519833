package credentials

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// mounting is a member whose container mounts Secrets at /NAME, and whose sidecar mounts others.
func mounting(t cluster.TLS, own, sidecars []string) cluster.Member {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "etcd-0", Namespace: "ns"}}
	containers := []corev1.Container{{Name: "sidecar"}, {Name: "etcd"}}
	t.Secrets = nil
	for i, names := range [][]string{sidecars, own} {
		for _, name := range names {
			pod.Spec.Volumes = append(pod.Spec.Volumes, corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{
				Secret: &corev1.SecretVolumeSource{SecretName: name},
			}})
			containers[i].VolumeMounts = append(containers[i].VolumeMounts, corev1.VolumeMount{Name: name, MountPath: "/" + name})
			t.Secrets = append(t.Secrets, name)
		}
	}
	pod.Spec.Containers = containers
	return cluster.Member{Name: "etcd-0", PodName: "etcd-0", Pod: pod, Server: cluster.Server{Container: "etcd", TLS: t}}
}

func TestInPod(t *testing.T) {
	m := maker{t}
	ca := m.ca("ca")
	all := secrets{
		"etcd": tlsData(m.of(ca, "server", server), ca), "both": tlsData(m.of(ca, "server", both), ca),
		"client": tlsData(m.of(ca, "root", client), nil), "stranger": tlsData(m.of(m.ca("other"), "root", client), nil),
	}
	of := func(secret string) cluster.TLS {
		return cluster.TLS{ClientAuth: true, Cert: file(secret, "tls.crt"), Key: file(secret, "tls.key"), TrustedCA: file(secret, "ca.crt")}
	}
	told := of("etcd")
	told.Client = cluster.Pair{Cert: cluster.File{Path: "/told/tls.crt"}, Key: cluster.File{Path: "/told/tls.key"}}
	anybody := of("etcd")
	anybody.ClientAuth = false
	onNode := cluster.TLS{ClientAuth: true, Cert: onHost("/pki/server.crt"), Key: onHost("/pki/server.key"), TrustedCA: onHost("/pki/ca.crt")}
	for name, test := range map[string]struct {
		member    cluster.Member
		forbidden string
		want, err string
		reads     int
	}{
		"another Secret":            {mounting(of("etcd"), []string{"etcd", "client"}, nil), "", "/client", "", 2},
		"the server's own":          {mounting(of("both"), []string{"both"}, nil), "", "/both", "", 1},
		"one of two that will do":   {mounting(of("both"), []string{"both", "client"}, nil), "", "/client", "", 2},
		"the sidecar's is not here": {mounting(of("both"), []string{"both"}, []string{"client"}), "", "/both", "", 2},
		"only the sidecar has one":  {mounting(of("etcd"), []string{"etcd"}, []string{"client"}), "", "", `container "etcd" of pod "etcd-0" has no certificate that is valid for clients`, 2},
		"another CA's":              {mounting(of("etcd"), []string{"etcd", "stranger"}, nil), "", "", "valid for clients", 2},
		"the settings name it":      {mounting(told, []string{"etcd", "client"}, nil), "", "/told", "", 0},
		"none is demanded":          {mounting(anybody, []string{"etcd", "client"}, nil), "", "", "", 0},
		"the server's on the node":  {mounting(onNode, nil, nil), "", "/pki", "", 0},
		"forbidden":                 {mounting(of("etcd"), []string{"etcd", "client"}, nil), "client", "", "read secret ns/client", 2},
		"one is enough":             {mounting(of("both"), []string{"both", "client"}, nil), "client", "/both", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			var objects []runtime.Object
			for name, data := range all {
				objects = append(objects, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Data: data})
			}
			kube := fake.NewClientset(objects...)
			kube.PrependReactor("get", "secrets", func(a clienttesting.Action) (bool, runtime.Object, error) {
				name := a.(clienttesting.GetAction).GetName()
				return name == test.forbidden, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, name, nil)
			})
			got, err := InPod(t.Context(), kube, "ns", test.member)
			switch {
			case test.err != "":
				if err == nil || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %v, want %q", err, test.err)
				}
			case err != nil:
				t.Error(err)
			case test.want == "" && got.Cert.Path != "":
				t.Errorf("%q, want none", got.Cert.Path)
			case test.want != "" && (!strings.HasPrefix(got.Cert.Path, test.want+"/") || !strings.HasPrefix(got.Key.Path, test.want+"/")):
				t.Errorf("%q with %q, want %q", got.Cert.Path, got.Key.Path, test.want)
			}
			if reads := len(kube.Actions()); reads != test.reads {
				t.Errorf("%d Secrets read, want %d", reads, test.reads)
			}
		})
	}
}

// TestNoClientTellsWhatWorksFromOutside checks the flags for a client outside the pod if the container has no
// certificate.
func TestNoClientTellsWhatWorksFromOutside(t *testing.T) {
	m := maker{t}
	ca := m.ca("ca")
	of := func(secret string) cluster.TLS {
		return cluster.TLS{ClientAuth: true, Cert: file(secret, "tls.crt"), Key: file(secret, "tls.key"), TrustedCA: file(secret, "ca.crt")}
	}
	local := m.must(ca.Issue(certs.Spec{CommonName: "server", Hosts: []string{"localhost"}, Usages: server}))
	all := secrets{"etcd": tlsData(m.of(ca, "server", server), ca), "local": tlsData(local, ca), "client": tlsData(m.of(ca, "root", client), nil)}
	var objects []runtime.Object
	for name, data := range all {
		objects = append(objects, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Data: data})
	}
	for name, test := range map[string]struct {
		member cluster.Member
		want   string
	}{
		"nobody has one":       {mounting(of("local"), []string{"local"}, nil), " --etcd-cert FILE --etcd-key FILE"},
		"the sidecar has one":  {mounting(of("local"), []string{"local"}, []string{"client"}), ""},
		"not for the loopback": {mounting(of("etcd"), []string{"etcd"}, nil), " --etcd-cert FILE --etcd-key FILE --etcd-insecure-skip-tls-verify"},
	} {
		var none *NoClientError
		if _, err := InPod(t.Context(), fake.NewClientset(objects...), "ns", test.member); !errors.As(err, &none) {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(test.want, none.Flags); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}
