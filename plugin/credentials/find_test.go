package credentials

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"
	k8stesting "k8s.io/client-go/testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// members is a cluster of three running members, which mount the Secrets "etcd" and "etcd-client".
func members(s cluster.Server) *cluster.Cluster {
	c := &cluster.Cluster{Name: "etcd", Namespace: "ns"}
	for _, name := range []string{"etcd-0", "etcd-1", "etcd-2"} {
		pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Status: corev1.PodStatus{Phase: corev1.PodRunning}}
		s.Host = name + ".etcd.ns.svc"
		c.Members = append(c.Members, cluster.Member{Name: name, PodName: name, Pod: pod, Server: s})
	}
	return c
}

func mutual() cluster.Server {
	return cluster.Server{Scheme: "https", Port: 2379, TLS: cluster.TLS{
		ClientAuth: true, Secrets: []string{"etcd", "etcd-client"},
		Cert: file("etcd", "tls.crt"), Key: file("etcd", "tls.key"), TrustedCA: file("etcd", "ca.crt"),
	}}
}

// TestSecretsAreReadOnceAndWhereTheyAreNeeded checks the requests to the API server.
func TestSecretsAreReadOnceAndWhereTheyAreNeeded(t *testing.T) {
	m := maker{t}
	ca := m.ca("ca")
	serves := tlsData(m.of(ca, "server", both), ca)
	all := secrets{"etcd": serves, "etcd-client": tlsData(m.of(ca, "root", client), nil), "mine": serves}
	kube := func() *fake.Clientset {
		var objects []runtime.Object
		for name, data := range all {
			objects = append(objects, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Data: data})
		}
		return fake.NewClientset(objects...)
	}
	dir := t.TempDir()
	write := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	caFile, cert, key := write("ca", ca.Cert), write("cert", serves["tls.crt"]), write("key", serves["tls.key"])
	alone := mutual()
	alone.TLS.ClientAuth, alone.TLS.TrustedCA = false, cluster.File{}
	told := mutual()
	told.TLS.Client = pairIn("etcd-client")
	for _, test := range []struct {
		name   string
		server cluster.Server
		flags  Flags
		want   []string
	}{
		{"plain http", cluster.Server{Scheme: "http"}, Flags{}, nil},
		{"plain http, and a Secret that is not needed", cluster.Server{Scheme: "http"}, Flags{TLSSecret: "nothing"}, nil},
		{"mutual", mutual(), Flags{}, []string{"get etcd", "get etcd-client"}},
		{"mutual, and the settings name one", told, Flags{}, []string{"get etcd", "get etcd-client"}},
		{"no client certificates", alone, Flags{}, []string{"get etcd"}},
		{"no client certificates, not verified", alone, Flags{SkipVerify: true}, nil},
		{"all in files", mutual(), Flags{CACert: caFile, Cert: cert, Key: key}, nil},
		{"all in a Secret", mutual(), Flags{TLSSecret: "mine"}, []string{"get mine"}},
		{"a CA in a file", alone, Flags{CACert: caFile}, nil},
		{"a certificate in a file", mutual(), Flags{Cert: cert, Key: key}, []string{"get etcd"}},
		{"unknown, and nothing is given", cluster.Server{}, Flags{}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			given, err := test.flags.Read()
			if err != nil {
				t.Fatal(err)
			}
			kube := kube()
			set, err := Find(t.Context(), kube, members(test.server), given)
			if err != nil {
				t.Fatal(err)
			}
			var asked []string
			for _, action := range kube.Actions() {
				name := "?"
				if get, ok := action.(interface{ GetName() string }); ok {
					name = get.GetName()
				}
				asked = append(asked, action.GetVerb()+" "+name)
			}
			slices.Sort(asked)
			if diff := cmp.Diff(test.want, asked); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			if tls := set.TLS("etcd-1"); (tls == nil) != (test.server.Scheme != "https") {
				t.Errorf("TLS %v", tls)
			}
		})
	}
}

func TestFindFails(t *testing.T) {
	onNodes := mutual()
	onNodes.TLS.Cert, onNodes.TLS.Key, onNodes.TLS.TrustedCA = onHost("/pki/server.crt"), onHost("/pki/server.key"), onHost("/pki/ca.crt")
	onNodes.TLS.Secrets = nil
	auto := cluster.Server{Scheme: "https", TLS: cluster.TLS{Auto: true}}
	unknown := cluster.Server{Scheme: "https", Unknown: []string{"environment from secret \"env\", which is not read"}}
	for _, test := range []struct {
		name    string
		cluster *cluster.Cluster
		flags   Flags
		want    string
	}{
		{"on the nodes", members(onNodes), Flags{}, "where this command cannot read them: /pki/ca.crt, /pki/server.crt, /pki/server.key (copy them from the node and pass --etcd-cacert, --etcd-cert and --etcd-key, or --etcd-tls-secret)"},
		{"made by etcd itself", members(auto), Flags{}, "(pass --etcd-insecure-skip-tls-verify to connect without verification)"},
		{"unknown", members(unknown), Flags{}, `environment from secret "env", which is not read (pass --etcd-cacert, or --etcd-tls-secret)`},
		{"gone", members(mutual()), Flags{}, `credentials for pod "etcd-0": read secret ns/etcd: secrets "etcd" not found (restore it, or pass --etcd-cacert, --etcd-cert and --etcd-key`},
		{"no user's Secret", members(cluster.Server{Scheme: "http"}), Flags{Secret: "other/none"}, `read secret other/none: secrets "none" not found (needed for --etcd-credentials-secret`},
	} {
		t.Run(test.name, func(t *testing.T) {
			given, err := test.flags.Read()
			if err != nil {
				t.Fatal(err)
			}
			_, err = Find(context.WithoutCancel(t.Context()), fake.NewClientset(), test.cluster, given)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// TestAMemberThatDoesNotRunIsNotAtFault: pods that cannot start without their Secret report their own trouble.
func TestAMemberThatDoesNotRunIsNotAtFault(t *testing.T) {
	c := members(mutual())
	for i := range c.Members {
		c.Members[i].Pod.Status.Phase = corev1.PodPending
	}
	if _, err := Find(t.Context(), fake.NewClientset(), c, FlagValues{}); err != nil {
		t.Errorf("error %v", err)
	}
	for i := range c.Members { // they run between two crashes
		c.Members[i].Pod.Status.Phase = corev1.PodRunning
		c.Members[i].Pod.Status.ContainerStatuses = []corev1.ContainerStatus{{
			State:                corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.Now()}},
			LastTerminationState: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 1}},
		}}
	}
	if _, err := Find(t.Context(), fake.NewClientset(), c, FlagValues{}); err != nil {
		t.Errorf("error %v", err)
	}
}

func TestUserFromASecret(t *testing.T) {
	for _, test := range []struct {
		name string
		user User
		data map[string]string
		want User
	}{
		{"kubernetes.io/basic-auth", User{}, map[string]string{"username": "app", "password": "pw"}, User{"app", "pw"}},
		{"called user", User{}, map[string]string{"user": "app", "password": "pw"}, User{"app", "pw"}},
		{"Bitnami's", User{}, map[string]string{"etcd-root-password": "pw"}, User{"root", "pw"}},
		{"the flag's name", User{Name: "other"}, map[string]string{"username": "app", "password": "pw"}, User{"other", "pw"}},
		{"the flag's password", User{Password: "mine"}, map[string]string{"username": "app", "password": "pw"}, User{"app", "mine"}},
		{"not root's password for another", User{Name: "app"}, map[string]string{"etcd-root-password": "pw"}, User{}},
		{"the newline of an echo", User{}, map[string]string{"username": "root\n", "password": "pw\n"}, User{"root", "pw"}},
		{"in capitals", User{}, map[string]string{"USERNAME": "app", "PASSWORD": "pw"}, User{"app", "pw"}},
		{"one password under a name of its own", User{Name: "root"}, map[string]string{"ROOT_PW": "pw"}, User{"root", "pw"}},
		{"the key that the pod names", User{}, map[string]string{"a": "pw", "b": "x"}, User{"root", "pw"}},
		{"two passwords", User{Name: "app"}, map[string]string{"pass-a": "pw", "pass-b": "pw"}, User{}},
		{"nobody's password", User{}, map[string]string{"PASSWORD": "pw"}, User{}},
		{"nothing", User{}, map[string]string{"token": "x"}, User{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			data := map[string][]byte{}
			for key, value := range test.data {
				data[key] = []byte(value)
			}
			root := ""
			if data["a"] != nil {
				root = "a"
			}
			got, err := test.user.takeUser(content{data: data}, root)
			if test.want == (User{}) {
				if err == nil || strings.Contains(err.Error(), "pw") {
					t.Errorf("%v, error %v", got, err)
				}
			} else if err != nil || got != test.want {
				t.Errorf("%v, %v; want %v", got, err, test.want)
			}
		})
	}
}

// TestWhichKeyIsMissing: the error names the keys that a Secret has, and the one that is missing.
func TestWhichKeyIsMissing(t *testing.T) {
	for name, test := range map[string]struct {
		data map[string][]byte
		want string
	}{
		"nobody's password": {map[string][]byte{"PASSWORD": []byte("pw")}, `secret ns/user has no user name: it has a password in key "PASSWORD" (pass --etcd-user with it, or add the key "username")`},
		"other keys":        {map[string][]byte{"b": []byte("pw"), "a": []byte("pw")}, `secret ns/user has no user and password: its keys are a, b (add the keys "username" and "password")`},
		"empty":             {nil, `secret ns/user has no user and password: it is empty (add the keys`},
	} {
		_, err := User{}.takeUser(content{object: object{settings.Secret, "ns", "user"}, data: test.data}, "")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

// TestRootIsFound: root's password is read only if it may decide the user.
func TestRootIsFound(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "etcd-root", errors.New("no"))
	plain, byCertificate := cluster.Server{Scheme: "http"}, cluster.Server{Scheme: "http", TLS: cluster.TLS{CertUsers: true}}
	root := map[string][]byte{"username": []byte("root"), "password": []byte("s3cret")}
	app := FlagValues{user: User{"app", "pw"}}
	for _, test := range []struct {
		name   string
		server cluster.Server
		seal   string
		given  FlagValues
		data   map[string][]byte
		err    error
		want   User
		asked  int
		fails  bool
	}{
		{"ours", plain, "etcd-seal", FlagValues{}, root, nil, User{"root", "s3cret"}, 1, false},
		{"somebody else's", plain, "", FlagValues{}, root, nil, User{}, 0, false},
		{"by certificate", byCertificate, "etcd-seal", FlagValues{}, root, nil, User{}, 0, false},
		{"a user is given", plain, "etcd-seal", app, root, nil, app.user, 0, false},
		{"not there", plain, "etcd-seal", FlagValues{}, nil, nil, User{}, 1, false},
		{"may not be read", plain, "etcd-seal", FlagValues{}, root, forbidden, User{}, 1, false},
		{"without a password", plain, "etcd-seal", FlagValues{}, map[string][]byte{"username": []byte("root")}, nil, User{}, 1, false},
		{"no answer", plain, "etcd-seal", FlagValues{}, root, errors.New("connection refused"), User{}, 1, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			kube := fake.NewClientset()
			if test.data != nil {
				kube = fake.NewClientset(&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "etcd-root", Namespace: "ns"}, Data: test.data})
			}
			if test.err != nil {
				kube.PrependReactor("get", "secrets", func(k8stesting.Action) (bool, runtime.Object, error) { return true, nil, test.err })
			}
			c := members(test.server)
			c.SealConfig = test.seal
			set, err := Find(t.Context(), kube, c, test.given)
			if (err != nil) != test.fails || len(kube.Actions()) != test.asked {
				t.Errorf("%v, asked %v", err, kube.Actions())
			}
			if err == nil && set.User != test.want {
				t.Errorf("user %q", set.User.Name)
			}
		})
	}
}
