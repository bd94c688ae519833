package plugin

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// clusterObjects returns the objects of a cluster of one member that "up" created, by their API paths. flags are etcd's.
func clusterObjects(flags ...string) map[string]runtime.Object {
	labels := map[string]string{cluster.LabelName: "etcd", cluster.LabelInstance: "etcd", cluster.LabelComponent: cluster.ComponentMember}
	set := &appsv1.StatefulSet{ObjectMeta: metav1.ObjectMeta{Name: "etcd", Namespace: "ns", UID: "set"}}
	set.Spec.Replicas, set.Spec.ServiceName, set.Spec.Selector = ptr.To[int32](1), "etcd", &metav1.LabelSelector{MatchLabels: labels}
	set.Spec.Template.Labels = labels
	container := corev1.Container{
		Name: "etcd", Image: "gcr.io/etcd-development/etcd:v3.7.3", Command: append([]string{"etcd"}, flags...),
		EnvFrom: []corev1.EnvFromSource{{ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "etcd-seal"}}}},
	}
	if slices.Contains(flags, "--client-cert-auth") {
		container.VolumeMounts = []corev1.VolumeMount{{Name: "certs", MountPath: "/certs"}}
		container.Env = []corev1.EnvVar{
			{Name: "ETCDCTL_CACERT", Value: "/certs/ca.crt"}, {Name: "ETCDCTL_CERT", Value: "/certs/tls.crt"}, {Name: "ETCDCTL_KEY", Value: "/certs/tls.key"},
		}
		set.Spec.Template.Spec.Volumes = []corev1.Volume{{Name: "certs", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "certs"}}}}
	}
	set.Spec.Template.Spec.Containers = []corev1.Container{container}
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: "etcd-0", Namespace: "ns", UID: "pod", Labels: labels,
		OwnerReferences: []metav1.OwnerReference{{Kind: "StatefulSet", Name: "etcd", UID: set.UID, Controller: ptr.To(true)}},
	}, Spec: set.Spec.Template.Spec}
	pod.Status = corev1.PodStatus{Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}}
	return map[string]runtime.Object{
		"/apis/apps/v1/namespaces/ns/statefulsets/etcd": set,
		"/api/v1/namespaces/ns/pods/etcd-0":             pod,
		"/api/v1/namespaces/ns/configmaps/etcd-seal":    &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "etcd-seal", Namespace: "ns"}, Data: cluster.SealedData()},
	}
}

// commandLine runs command lines against a fake API server.
type commandLine struct {
	t *testing.T
	k *kubetest.Server
	// dir is the value of $D in a line.
	dir string
}

// run checks the exit status of a line, that its output has each of says, and that it has no password. It returns the output
// of both streams. Text after " < " is stdin.
func (c commandLine) run(want int, line string, says ...string) string {
	c.t.Helper()
	kubeconfig := filepath.Join(c.dir, "kubeconfig")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		c.t.Fatal(err)
	}
	streams, in, out, errOut := genericiooptions.NewTestIOStreams()
	line, stdin, _ := strings.Cut(line, " < ")
	in.WriteString(stdin)
	args := append(strings.Fields(strings.ReplaceAll(line, "$D", c.dir)), "--etcd", "etcd", "--kubeconfig", kubeconfig, "--server", c.k.URL, "-n", "ns", "--timeout", "60s")
	status := execute(c.t.Context(), streams, args)
	text := out.String() + errOut.String()
	if status != want {
		c.t.Errorf("%s: exit status %d, want %d:\n%s", line, status, want, text)
	}
	for _, s := range says {
		if !strings.Contains(text, s) {
			c.t.Errorf("%s: %q is not in\n%s", line, s, text)
		}
	}
	for _, secret := range []string{"app-pw", "new-pw", string(c.rootPassword())} {
		if secret != "" && strings.Contains(text, secret) {
			c.t.Errorf("%s: a password is in\n%s", line, text)
		}
	}
	return text
}

func (c commandLine) rootPassword() []byte {
	c.k.Mu.Lock()
	defer c.k.Mu.Unlock()
	secret, ok := c.k.Objects["/api/v1/namespaces/ns/secrets/etcd-root"].(*corev1.Secret)
	if !ok {
		return nil
	}
	return secret.Data["password"]
}

func (c commandLine) write(name, text string) {
	c.t.Helper()
	if err := os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// TestAuthByPassword manages users and roles of a cluster whose user root has a password.
func TestAuthByPassword(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	k := kubetest.Serve(t, member.Endpoint, clusterObjects("--listen-client-urls=http://0.0.0.0:2379"))
	c := commandLine{t, k, t.TempDir()}
	c.write("app", "app-pw\n")
	c.write("new", "new-pw")

	c.run(0, "auth status", "off: anyone who reaches etcd may do everything")
	c.run(0, "auth disable", "authentication of etcd is already off")
	c.run(0, "auth role add reader --prefix /app/ --read", `role/reader added`, `role/reader may read keys that begin with "/app/"`)
	c.run(0, "auth user add app --role reader --password-file $D/app", "user/app added", "user/app granted role reader")
	c.run(0, "auth user add cert --no-password", "added, without a password: it needs a client certificate")
	c.run(2, "auth enable", "(pass --yes)", `User root authenticates with the password in secret "etcd-root": member etcd-0 does not authenticate users by client certificate (--client-cert-auth)`)
	c.run(0, "auth status", "off: ")
	if c.rootPassword() != nil {
		t.Error("the Secret was made before anybody agreed")
	}
	c.run(0, "auth enable --yes", "authentication of etcd is on", "user root's password is in secret ns/etcd-root")
	c.run(0, "auth enable", "authentication of etcd is already on")

	// Commands find root by themselves.
	c.run(0, "put /app/k v")
	c.run(0, "get /app/k", "v")
	c.run(0, "auth status", "Authentication:   on", `Your user:        user "root"`, "app    reader", `reader   read          keys that begin with "/app/"`)
	c.run(0, `auth status -o jsonpath={.users[?(@.name=="app")].roles}`, `["reader"]`)

	// Errors of another user name the permission that the user lacks.
	const app = " --etcd-user app --etcd-password-file $D/app"
	c.run(0, "get /app/k"+app, "v")
	c.run(1, "put /app/k v"+app, `put "/app/k": permission denied: role "reader" lacks write on "/app/k" (user "app"; grant it with "kubectl etcd auth role grant reader --key /app/k --write --etcd etcd -n ns`)
	c.run(1, "watch /other/ --prefix"+app, `role "reader" lacks read on keys that begin with "/other/"`)
	c.run(1, "auth user delete cert"+app, `permission denied: user "app" lacks role "root"`)
	c.run(1, "auth disable --yes"+app, `permission denied: user "app" lacks role "root"`)
	c.run(0, "auth status"+app, `Your user:        user "app"`, "Incomplete:       other users and roles (permission denied")
	c.run(1, "get /app/k --etcd-user cert --etcd-password-file $D/app", `log in as etcd user "cert": this user has no password and logs in with a client certificate for its name`)

	// Passwords change, and root's Secret with root's password.
	c.run(0, "auth user passwd app --password-file - < new-pw\n", "user/app password changed")
	c.run(1, "get /app/k"+app, `wrong user name or password`)
	c.run(0, "get /app/k --etcd-user app --etcd-password-file $D/new")
	c.run(0, "auth user passwd root --password-file $D/new", "password written to secret ns/etcd-root")
	c.run(0, "put /app/k v")

	c.run(0, "auth role revoke reader --prefix /app/", "may not read or write")
	c.run(1, "get /app/k --etcd-user app --etcd-password-file $D/new", `role "reader" lacks read on "/app/k"`)
	c.run(0, "auth user revoke app reader", "revoked role reader")
	c.run(1, "get /app/k --etcd-user app --etcd-password-file $D/new", `user "app" has no role`)
	c.run(0, "auth role delete reader", "deleted")
	c.run(0, "auth user delete app", "deleted")
	c.run(1, "auth user delete root", "while authentication is on, etcd refuses to delete user root")
	c.run(0, "auth disable --yes", "authentication of etcd is off: anyone who reaches etcd may do everything")
	c.run(0, "auth enable --yes", "authentication of etcd is on") // with the existing Secret and user root
	c.run(0, "put /app/k v")
}

// TestAuthByCertificate does the same where the common name of a certificate is the user. Commands must read no password Secret.
func TestAuthByCertificate(t *testing.T) {
	t.Parallel()
	issue := func(by func(certs.Spec) (*certs.Pair, error), spec certs.Spec) *certs.Pair {
		pair, err := by(spec)
		if err != nil {
			t.Fatal(err)
		}
		return pair
	}
	clients := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	ca := issue(certs.SelfSigned, certs.Spec{CommonName: "ca", CA: true})
	server := issue(ca.Issue, certs.Spec{Hosts: []string{"etcd-0.etcd.ns.svc", "localhost"}, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	root := issue(ca.Issue, certs.Spec{CommonName: "root", Usages: clients})
	app := issue(ca.Issue, certs.Spec{CommonName: "app", Usages: clients})
	member := etcdtest.Start(t, 1, etcdtest.TLS(t, server, ca.Cert)).Members[0]

	objects := clusterObjects("--listen-client-urls=https://0.0.0.0:2379", "--cert-file=/certs/server.crt", "--key-file=/certs/server.key",
		"--trusted-ca-file=/certs/ca.crt", "--client-cert-auth")
	objects["/api/v1/namespaces/ns/secrets/certs"] = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "certs", Namespace: "ns"}, Data: map[string][]byte{
		"ca.crt": ca.Cert, "server.crt": server.Cert, "server.key": server.Key, "tls.crt": root.Cert, "tls.key": root.Key,
	}}
	k := kubetest.Serve(t, member.Endpoint, objects)
	c := commandLine{t, k, t.TempDir()}
	c.write("app.crt", string(app.Cert))
	c.write("app.key", string(app.Key))
	const asApp = " --etcd-cert $D/app.crt --etcd-key $D/app.key"

	c.run(2, "auth enable"+asApp, `User root authenticates with the password in secret "etcd-root": the client certificate is for "app"`)
	c.run(2, "auth enable", `User root authenticates with the client certificate, whose common name is "root".`)
	c.run(0, "auth enable --yes", "authentication of etcd is on", `user root authenticates with the client certificate, whose common name is "root"`)
	c.run(0, "put k v")
	c.run(0, "auth status", `Your user:        user "root" by client certificate`)
	c.run(1, "get k"+asApp, `permission denied: etcd has no user "app", which is the common name of the client certificate (pass another user's certificate with --etcd-tls-secret, or with --etcd-cert and --etcd-key; root can add this user with "kubectl etcd auth user add app --no-password`)
	c.run(0, "auth user add app --no-password")
	c.run(1, "get k"+asApp, `user "app" by client certificate has no role`)
	c.run(0, "auth role add reader --all --read")
	c.run(0, "auth user grant app reader")
	c.run(0, "get k"+asApp, "v")
	c.run(1, "del --all --yes"+asApp, `role "reader" lacks write on all keys`)
	c.run(0, "auth disable --yes", "authentication of etcd is off")

	slices.Sort(k.Asked)
	if diff := cmp.Diff([]string{"GET certs", "GET etcd-root", "GET secrets"}, slices.Compact(k.Asked)); diff != "" { // the second by "auth enable" as app, the third lists the names after access was denied
		t.Errorf("Secrets (-want +got)\n%s", diff)
	}
}

func TestAuthUsage(t *testing.T) {
	t.Parallel()
	k := kubetest.Serve(t, "", map[string]runtime.Object{})
	c := commandLine{t, k, t.TempDir()}
	c.write("empty", "\n")
	c.write("pw", "app-pw")
	for line, want := range map[string]string{
		"auth nothing":             `unknown command "nothing" (see "kubectl etcd auth --help")`,
		"auth user ad":             "did you mean add",
		"auth user add":            "usage: kubectl etcd auth user add USER",
		"auth user add app secret": "usage: kubectl etcd auth user add USER",
		"auth user add app":        "no password is given, and standard input is not a terminal",
		"auth user passwd app":     "no password is given, and standard input is not a terminal",
		"auth user add app --no-password --password-file $D/pw":       "--no-password cannot be combined",
		"auth user add app --password-secret a --password-file $D/pw": "are both given",
		"auth user add app --password-secret A/b/c":                   "must be the [NAMESPACE/]NAME of a secret",
		"auth user add app --password-file $D/empty":                  "is empty",
		"auth user add app --password-file $D/none":                   "no such file",
		"auth user add app --password-file - < \n":                    "the password on stdin is empty",
		"auth user passwd app --no-password":                          "unknown flag",
		"auth user grant app":                                         "usage: kubectl etcd auth user grant USER ROLE...",
		"auth role grant reader --read":                               "no keys are selected",
		"auth role grant reader --key k":                              "neither --read nor --write is given",
		"auth role grant reader --key k --prefix p --read":            "--prefix and --key are given",
		"auth role grant reader --prefix= --read":                     "give --all",
		"auth role grant reader --key= --read":                        "the key is empty",
		"auth role grant reader --range a --read":                     `--range "a" is not FROM,TO`,
		"auth role grant reader --range b,a --read":                   "TO is not after FROM",
		"auth role grant reader --all=false --read":                   "selects no keys",
		"auth role add reader --read":                                 "no keys are selected",
		"auth role revoke reader":                                     "no keys are selected",
		"auth role revoke reader --key k --read":                      "unknown flag",
	} {
		t.Run(line, func(t *testing.T) {
			c := c
			c.t = t
			c.run(cli.ExitUsage, line, want)
		})
	}
	if len(k.Asked) > 0 {
		t.Errorf("asked: %v", k.Asked)
	}
}
