package plugin

import (
	"crypto/x509"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/klog/v2"
	"k8s.io/utils/ptr"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
	"github.com/kubectl-etcd/kubectl-etcd/test/scriptcommands"
)

const (
	password = "correct-horse-battery-staple"
	token    = "t0ken-of-the-kubeconfig"
)

// secretServer is an API server with an etcd that demands client certificates. Its members cannot be reached, so every command
// reports that.
type secretServer struct {
	objects map[string]any // by path
	reads   atomic.Int32   // of Secrets
}

func (s *secretServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "/secrets") {
		s.reads.Add(1)
	}
	w.Header().Set("Content-Type", "application/json")
	object, ok := s.objects[r.URL.Path]
	if !ok || r.Method != http.MethodGet {
		w.WriteHeader(http.StatusNotFound)
		object = metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: "Failure", Reason: metav1.StatusReasonNotFound, Code: 404, Message: "not found"}
	}
	_ = json.NewEncoder(w).Encode(object)
}

func newSecretServer(tlsData, userData map[string][]byte) *secretServer {
	labels := map[string]string{"app": "etcd"}
	spec := corev1.PodSpec{
		Containers: []corev1.Container{{
			Name: "etcd", Image: "gcr.io/etcd-development/etcd:v3.7.3",
			Command: []string{
				"etcd", "--name=etcd-0", "--advertise-client-urls=https://etcd-0.etcd.ns.svc:2379", "--listen-client-urls=https://0.0.0.0:2379",
				"--cert-file=/certs/tls.crt", "--key-file=/certs/tls.key", "--trusted-ca-file=/certs/ca.crt", "--client-cert-auth",
				"--initial-cluster=etcd-0=http://etcd-0.etcd.ns.svc:2380",
			},
			VolumeMounts: []corev1.VolumeMount{{Name: "certs", MountPath: "/certs"}},
		}},
		Volumes: []corev1.Volume{{Name: "certs", VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "certs"}}}},
	}
	set := appsv1.StatefulSet{
		TypeMeta:   metav1.TypeMeta{Kind: "StatefulSet", APIVersion: "apps/v1"},
		ObjectMeta: metav1.ObjectMeta{Name: "etcd", Namespace: "ns", UID: "set"},
		Spec: appsv1.StatefulSetSpec{
			Replicas: ptr.To[int32](1), ServiceName: "etcd", Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: spec},
		},
	}
	pod := corev1.Pod{
		TypeMeta: metav1.TypeMeta{Kind: "Pod", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{
			Name: "etcd-0", Namespace: "ns", UID: "pod", Labels: labels,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "apps/v1", Kind: "StatefulSet", Name: "etcd", UID: "set", Controller: ptr.To(true)}},
		},
		Spec: spec,
		Status: corev1.PodStatus{
			Phase: corev1.PodRunning, Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{{Name: "etcd", Ready: true, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}},
		},
	}
	secret := func(name string, data map[string][]byte) corev1.Secret {
		return corev1.Secret{TypeMeta: metav1.TypeMeta{Kind: "Secret", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "ns"}, Data: data}
	}
	s := &secretServer{objects: map[string]any{
		"/api/v1/namespaces/ns/pods":                    corev1.PodList{TypeMeta: metav1.TypeMeta{Kind: "PodList", APIVersion: "v1"}, Items: []corev1.Pod{pod}},
		"/api/v1/namespaces/ns/pods/etcd-0":             pod,
		"/apis/apps/v1/namespaces/ns/statefulsets":      appsv1.StatefulSetList{TypeMeta: metav1.TypeMeta{Kind: "StatefulSetList", APIVersion: "apps/v1"}, Items: []appsv1.StatefulSet{set}},
		"/apis/apps/v1/namespaces/ns/statefulsets/etcd": set,
		"/api/v1/namespaces/ns/secrets/certs":           secret("certs", tlsData),
		"/api/v1/namespaces/ns/secrets/user":            secret("user", userData),
	}}
	for path, kind := range map[string]string{
		"/api/v1/namespaces/ns/services": "ServiceList", "/api/v1/namespaces/ns/persistentvolumeclaims": "PersistentVolumeClaimList",
		"/api/v1/namespaces/ns/configmaps": "ConfigMapList", "/api/v1/namespaces/ns/events": "EventList", "/api/v1/nodes": "NodeList",
		"/apis/policy/v1/namespaces/ns/poddisruptionbudgets": "PodDisruptionBudgetList", "/apis/apps/v1/namespaces/ns/controllerrevisions": "ControllerRevisionList",
	} {
		version := strings.TrimPrefix(strings.TrimPrefix(strings.Split(strings.Split(path, "/namespaces")[0], "/nodes")[0], "/apis/"), "/api/")
		s.objects[path] = metav1.List{TypeMeta: metav1.TypeMeta{Kind: kind, APIVersion: version}}
	}
	return s
}

// TestNoCommandTellsASecret runs the commands with valid and invalid Secrets, and with klog as verbose as "kubectl -v=9", which
// would log every body.
func TestNoCommandTellsASecret(t *testing.T) {
	ca, err := certs.SelfSigned(certs.Spec{CommonName: "ca", CA: true})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := ca.Issue(certs.Spec{CommonName: "root", Hosts: []string{"etcd-0.etcd.ns.svc"}, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}})
	if err != nil {
		t.Fatal(err)
	}
	user := map[string][]byte{"username": []byte("root"), "password": []byte(password)}
	broken := newSecretServer(nil, user)
	for _, name := range []string{"certs", "user"} {
		broken.objects["/api/v1/namespaces/ns/secrets/"+name] = map[string]any{"kind": "Secret", "apiVersion": "v1", "data": map[string]any{"tls.key": string(pair.Key), "password": password + "!"}}
	}
	for name, server := range map[string]*secretServer{
		"valid":                  newSecretServer(map[string][]byte{"ca.crt": ca.Cert, "tls.crt": pair.Cert, "tls.key": pair.Key}, user),
		"key of another pair":    newSecretServer(map[string][]byte{"ca.crt": ca.Cert, "tls.crt": pair.Cert, "tls.key": ca.Key}, user),
		"the key as certificate": newSecretServer(map[string][]byte{"ca.crt": pair.Key, "tls.crt": pair.Key, "tls.key": pair.Cert}, map[string][]byte{"password": []byte(password)}),
		"no PEM":                 newSecretServer(map[string][]byte{"ca.crt": []byte(password), "tls.crt": []byte(password), "tls.key": []byte(password)}, map[string][]byte{"what": []byte(password)}),
		"no base64":              broken,
	} {
		t.Run(name, func(t *testing.T) { checkNoSecret(t, server, pair.Key, ca.Key) })
	}
}

func checkNoSecret(t *testing.T, server *secretServer, keys ...[]byte) {
	http := httptest.NewServer(server)
	defer http.Close()
	runtime := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	t.Setenv(cli.CompleteVariable, "10s")
	kubeconfig := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	passwordFile := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(passwordFile, []byte(password), 0o600); err != nil {
		t.Fatal(err)
	}
	for line, reads := range secretLines(passwordFile) {
		server.reads.Store(0)
		logged.Reset()
		streams, _, out, errOut := genericiooptions.NewTestIOStreams()
		args := append(strings.Fields(line), "--kubeconfig", kubeconfig, "--server", http.URL, "-n", "ns", "--token", token, "--timeout", "3s", "--member-timeout", "1s")
		if at := strings.Index(line, " -- "); at >= 0 { // the plugin's flags go before it
			own := strings.Fields(line[:at])
			args = append(append(own, args[len(strings.Fields(line)):]...), strings.Fields(line[at:])...)
		}
		status := execute(t.Context(), streams, args)
		klog.Flush()
		if said := out.String() + errOut.String(); said == "" && status != cli.ExitDone {
			t.Errorf("%s: exit status %d, and nothing is said", line, status)
		}
		for where, text := range map[string]string{"stdout": out.String(), "stderr": errOut.String(), "the log": logged.String()} {
			for _, secret := range secretForms(keys...) {
				if strings.Contains(text, secret) {
					t.Errorf("%s: %s tells %q:\n%s", line, where, secret, text)
				}
			}
		}
		if reads && server.reads.Load() == 0 {
			t.Errorf("%s: it reads no Secret, and so shows nothing: exit status %d, %s", line, status, errOut)
		}
		if left, err := os.ReadDir(runtime); err != nil || len(left) > 0 {
			t.Errorf("%s: files are left: %v, %v", line, left, err)
		}
	}
}

// secretForms returns the forms in which the password, the token or a line of a key could be printed.
func secretForms(keys ...[]byte) []string {
	secrets := append(scriptcommands.SecretForms([]byte(password), shortestSecret), token)
	for _, key := range keys {
		secrets = append(secrets, scriptcommands.SecretForms(key, shortestSecret)...)
	}
	return secrets
}

// secretLines are command lines, and whether each reads a Secret.
func secretLines(passwordFile string) map[string]bool {
	return map[string]bool{
		"status": true, "auth status": true, "auth status -o yaml": true, "certs list -o yaml": false, "status -o yaml": true, "status -o json": true, "members -o yaml": true, "version -o yaml": true, "doctor": true, "doctor -o yaml": true,
		"get k": true, "get k --each-member -o yaml": true, "put k v": true, "del k": true, "watch k": true, "move-leader": true, "seal -o yaml": true,
		"drill leader --yes": true, "replace etcd-0": true, "proxy -- true": true, "proxy -o yaml": true, "ctl -- get k": true, "list -o yaml": false,
		"get k --etcd-credentials-secret user": true, "get k --etcd-tls-secret user": true, "status --etcd-credentials-secret user -o yaml": true,
		"get k --etcd-user root --etcd-password-file " + passwordFile: true, "get k --etcd-user root:" + "x": false,
		"diff --overlay local": false, "up --overlay local --dry-run=server -o yaml": false, "up --overlay local --dry-run=client -o yaml": false,
		"status -v=9": false, "get k -v 9": false, "status --v=9": false, "get k --etcd-cert " + passwordFile + " --etcd-key " + passwordFile: false,
		"get k --etcd-cacert " + passwordFile: false, "__complete get -- k": true,
	}
}
