package etcdctl

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// member returns a member whose pod is "ready", not Ready ("running"), or not running.
func member(name, state string) cluster.Member {
	pod := &corev1.Pod{Status: corev1.PodStatus{Phase: corev1.PodRunning}}
	switch state {
	case "ready":
		pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	case "pending":
		pod.Status.Phase = corev1.PodPending
	}
	return cluster.Member{Name: name, PodName: name, Pod: pod, Server: cluster.Server{
		Scheme: "http", Port: 2379, Advertised: "http://" + name + ".etcd:2379", Image: "etcd:1", Container: "etcd",
	}}
}

func TestChoose(t *testing.T) {
	for name, c := range map[string]struct {
		members []cluster.Member
		member  string
		at      string
		asked   []string
		note    string
		err     string
	}{
		"all are Ready":          {[]cluster.Member{member("a", "ready"), member("b", "ready")}, "", "a", []string{"a", "b"}, "", ""},
		"the first is not":       {[]cluster.Member{member("a", "running"), member("b", "ready"), member("c", "pending")}, "", "b", []string{"b"}, "not Ready, and so not asked: a, c", ""},
		"none is Ready":          {[]cluster.Member{member("a", "running"), member("b", "pending")}, "", "a", []string{"a"}, "not Ready, and so not asked: b", ""},
		"none runs":              {[]cluster.Member{member("a", "pending"), {Name: "b"}}, "", "", nil, "", "no member of etcd cluster ns/etcd runs"},
		"one by name":            {[]cluster.Member{member("a", "ready"), member("b", "ready")}, "b", "b", []string{"b"}, "", ""},
		"one that is not Ready":  {[]cluster.Member{member("a", "ready"), member("b", "running")}, "b", "b", []string{"b"}, "", ""},
		"one that does not run":  {[]cluster.Member{member("a", "ready"), member("b", "pending")}, "b", "", nil, "", `pod "b" of member "b" does not run: pod is Pending (without --member, another member is used)`},
		"one that does not live": {[]cluster.Member{member("a", "ready")}, "x", "", nil, "", `etcd cluster ns/etcd has no member "x"`},
	} {
		t.Run(name, func(t *testing.T) {
			note := ""
			r := Run{
				Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: c.members}, Member: c.member,
				Note: func(format string, args ...any) { note += fmt.Sprintf(format, args...) },
			}
			at, asked, err := r.choose()
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Errorf("%v, want %q", err, c.err)
				}
				return
			}
			var names []string
			for _, m := range asked {
				names = append(names, m.Name)
			}
			if err != nil || at.Name != c.at || note != c.note {
				t.Errorf("runs in %q, note %q, %v", at.Name, note, err)
			}
			if diff := cmp.Diff(c.asked, names); diff != "" {
				t.Errorf("asked (-want +got)\n%s", diff)
			}
		})
	}
}

// globals returns the flags that a run adds if no Secret can be read.
func globals(r Run, at cluster.Member, asked []cluster.Member) []string {
	r.Cluster, r.Note = &cluster.Cluster{Name: "etcd", Namespace: "ns"}, func(string, ...any) {}
	flags, err := r.tlsFlags(context.Background(), fake.NewClientset(), at)
	if err != nil {
		return []string{err.Error()}
	}
	return append(r.endpointFlags(at, asked), flags...)
}

func TestGlobals(t *testing.T) {
	file := func(path string) cluster.File { return cluster.File{Path: path} }
	plain := member("a", "ready")
	local := plain
	local.Server.Advertised = ""
	socket, far := plain, local // the first advertises a URL that nothing serves
	socket.Server.Local, socket.Server.Port = "unix:///run/etcd.sock", 0
	far.Server.Local = "http://10.1.2.3:2379"
	mutual := plain
	mutual.Server.Scheme, mutual.Server.Advertised = "https", "https://a.etcd:2379"
	mutual.Server.TLS = cluster.TLS{Cert: file("/pki/server.crt"), Key: file("/pki/server.key"), TrustedCA: file("/pki/ca.crt"), ClientAuth: true}
	server := mutual
	server.Server.TLS = cluster.TLS{Cert: file("/pki/server.crt"), Key: file("/pki/server.key")}
	beside := server
	beside.Server.TLS.Cert.From.Kind = settings.Secret
	own := mutual
	own.Server.TLS.Client = cluster.Pair{Cert: file("/client/tls.crt"), Key: file("/client/tls.key")}
	own.Server.TLS.ClientCA = file("/client/ca.crt")
	told := mutual
	told.Server.Etcdctl = []string{"ETCDCTL_CACERT", "ETCDCTL_CERT", "ETCDCTL_ENDPOINTS", "ETCDCTL_KEY"}
	part := mutual
	unknown := local
	unknown.Server.Scheme = ""
	part.Server.Etcdctl = []string{"ETCDCTL_KEY"}

	all := []string{"--endpoints=https://a.etcd:2379", "--cacert=/pki/ca.crt", "--cert=/pki/server.crt", "--key=/pki/server.key"}
	for name, c := range map[string]struct {
		at    cluster.Member
		asked []cluster.Member
		args  string
		want  []string
	}{
		"TLS, the CA beside it":    {beside, []cluster.Member{beside}, "get k", []string{all[0], "--cacert=/pki/ca.crt"}},
		"a client's certificate":   {own, []cluster.Member{own}, "get k", []string{all[0], "--cacert=/client/ca.crt", "--cert=/client/tls.crt", "--key=/client/tls.key"}},
		"plain":                    {plain, []cluster.Member{plain, member("b", "ready")}, "get k", []string{"--endpoints=http://a.etcd:2379,http://b.etcd:2379"}},
		"advertises the loopback":  {local, []cluster.Member{local, local}, "get k", []string{"--endpoints=http://localhost:2379"}},
		"one of them does":         {local, []cluster.Member{local, member("b", "ready")}, "get k", []string{"--endpoints=http://b.etcd:2379"}},
		"a socket":                 {socket, []cluster.Member{socket}, "get k", []string{"--endpoints=unix:///run/etcd.sock"}},
		"an address of its own":    {far, []cluster.Member{far}, "get k", []string{"--endpoints=http://10.1.2.3:2379"}},
		"mutual TLS":               {mutual, []cluster.Member{mutual}, "get k", all},
		"TLS of the server alone":  {server, []cluster.Member{server}, "get k", all[:1]},
		"nobody knows":             {unknown, []cluster.Member{unknown}, "get k", []string{"--endpoints=http://localhost:2379"}},
		"own endpoints":            {mutual, []cluster.Member{mutual}, "get k --endpoints x", all[1:]},
		"own endpoints, joined":    {mutual, []cluster.Member{mutual}, "--endpoints=x get k", all[1:]},
		"own endpoints by DNS":     {mutual, []cluster.Member{mutual}, "get k --discovery-srv=x", all[1:]},
		"own CA":                   {mutual, []cluster.Member{mutual}, "get k --cacert x", []string{all[0], all[2], all[3]}},
		"own certificate":          {mutual, []cluster.Member{mutual}, "get k --cert x --key=y", all[:2]},
		"own certificate, no key":  {mutual, []cluster.Member{mutual}, "get k --cert x", all[:2]},
		"another flag's beginning": {mutual, []cluster.Member{mutual}, "get k --keys-only --endpoints-file", all},
		"another program's flags":  {mutual, []cluster.Member{mutual}, "lock l -- prog --cacert x --endpoints=y", all},
		"variables of the pod":     {told, []cluster.Member{told}, "get k", nil},
		"a certificate beside the pod's": {told, []cluster.Member{told}, "get k --cert x --key y", []string{
			`etcdctl accepts no --cert in container "etcd" of pod "a", whose environment already sets one (run etcdctl on this machine with another certificate: "kubectl etcd proxy --etcd etcd -n ns --etcd-cert FILE --etcd-key FILE -- etcdctl …")`,
		}},
		"one of a pair": {part, []cluster.Member{part}, "get k", all[:2]},
	} {
		if diff := cmp.Diff(c.want, globals(Run{Args: strings.Fields(c.args)}, c.at, c.asked)); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	unverified := []string{all[0], all[2], all[3], "--insecure-skip-tls-verify=true"}
	if diff := cmp.Diff(unverified, globals(Run{SkipVerify: true}, mutual, []cluster.Member{mutual})); diff != "" {
		t.Errorf("not verified (-want +got)\n%s", diff)
	}
	guessed := []string{"--endpoints=https://localhost:2379", "--insecure-skip-tls-verify=true"}
	if diff := cmp.Diff(guessed, globals(Run{SkipVerify: true}, unknown, []cluster.Member{unknown})); diff != "" {
		t.Errorf("nobody knows, and the flag is for TLS (-want +got)\n%s", diff)
	}
}

func TestProblem(t *testing.T) {
	r := Run{Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns"}}
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"no etcdctl": {fmt.Errorf("exec: %w", connect.ErrNoProgram), `container "etcd" of pod ns/a: the image "etcd:1" has no etcdctl (run your own with "kubectl etcd proxy -- etcdctl`},
		"no right":   {apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New("no")), `"kubectl etcd proxy -- etcdctl …" needs pods/portforward`},
		"another":    {errors.New("gone"), "gone"},
	} {
		if got := r.problem(member("a", "ready"), c.err); !strings.Contains(got.Error(), c.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestHint has errors of etcdctl whose remedy depends on the cluster in Kubernetes.
func TestHint(t *testing.T) {
	root := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "etcd-root", Namespace: "ns"}}
	const noUser, denied, unknownCA = "Error: etcdserver: user name is empty\n", "Error: etcdserver: permission denied\n", `"error":"x509: certificate signed by unknown authority"`
	plain, byCertificate, auto, chart := member("a", "ready"), member("a", "ready"), member("a", "ready"), member("a", "ready")
	byCertificate.Server.TLS.CertUsers = true
	auto.Server.TLS.Auto = true
	chart.Pod.Spec.Containers = []corev1.Container{{Name: "etcd", Env: []corev1.EnvVar{{Name: "ETCD_ROOT_PASSWORD", ValueFrom: &corev1.EnvVarSource{
		SecretKeyRef: &corev1.SecretKeySelector{LocalObjectReference: corev1.LocalObjectReference{Name: "etcd-password"}, Key: "PASSWORD"},
	}}}}}
	const noUserText = "note: authentication is on, and etcdctl in the pod has no user "
	for name, c := range map[string]struct {
		seal, said string
		kube       *fake.Clientset
		at         cluster.Member
		args, pair string
		want       string
	}{
		"root by password":        {"etcd-seal", noUser, fake.NewClientset(root), plain, "get k", "", noUserText + `("kubectl etcd proxy --etcd etcd -n ns -- etcdctl …" runs it as root, with secret "etcd-root")`},
		"no root":                 {"etcd-seal", noUser, fake.NewClientset(), plain, "get k", "", noUserText + `("kubectl etcd proxy --etcd etcd -n ns --etcd-user USER --etcd-password-file FILE -- etcdctl …" runs it as another user)`},
		"another reason":          {"etcd-seal", "Error: context deadline exceeded\n", fake.NewClientset(root), plain, "get k", "", ""},
		"a user is given":         {"etcd-seal", noUser, fake.NewClientset(root), plain, "get k --user app", "", ""},
		"a chart's password":      {"", noUser, fake.NewClientset(root), chart, "get k", "", noUserText + `("kubectl etcd proxy --etcd etcd -n ns --etcd-credentials-secret etcd-password -- etcdctl …" runs it as root: the password is in key "PASSWORD" of that secret)`},
		"root's certificate":      {"", denied, fake.NewClientset(), byCertificate, "get k", "root-client", `note: etcd denies this to the user of etcdctl in the pod ("kubectl etcd proxy --etcd etcd -n ns --etcd-tls-secret root-client -- etcdctl …" runs it as root, with root's certificate)`},
		"none to be seen":         {"", denied, fake.NewClientset(), byCertificate, "get k", "", `note: etcd denies this to the user of etcdctl in the pod ("kubectl etcd proxy --etcd etcd -n ns --etcd-cert FILE --etcd-key FILE -- etcdctl …" runs it as another user)`},
		"a certificate of etcd's": {"", unknownCA, fake.NewClientset(), auto, "get k", "", `note: etcd generated its own certificate (--auto-tls), which no CA can verify ("kubectl etcd ctl --etcd-insecure-skip-tls-verify --etcd etcd -n ns -- get k" skips the verification)`},
		"an unknown CA":           {"", unknownCA, fake.NewClientset(), plain, "get k", "", `note: no known CA signed the server's certificate ("--cacert FILE" after "--" passes another CA file of the pod)`},
	} {
		note := ""
		r := Run{
			Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns", SealConfig: c.seal, Members: []cluster.Member{c.at}}, Args: strings.Fields(c.args),
			Note: func(format string, args ...any) { note += fmt.Sprintf(format, args...) }, RootPair: func(context.Context) string { return c.pair },
		}
		said := &tail{Writer: io.Discard}
		_, _ = io.WriteString(said, c.said)
		r.hint(t.Context(), c.kube, c.at, said)
		if diff := cmp.Diff(c.want, note); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// TestNoCANextToCertificate checks that a file that does not exist is not passed: etcdctl would fail.
func TestNoCANextToCertificate(t *testing.T) {
	secret := func(keys ...string) *corev1.Secret {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "etcd", Namespace: "ns"}, Data: map[string][]byte{}}
		for _, key := range keys {
			s.Data[key] = []byte("x")
		}
		return s
	}
	m := member("a", "ready")
	m.Server.TLS.Cert = cluster.File{Path: "/pki/server.pem", From: settings.Location{Kind: settings.Secret, Name: "etcd", Key: "server.pem"}}
	m.Pod.Spec.Containers = []corev1.Container{{Name: m.Server.Container, VolumeMounts: []corev1.VolumeMount{{Name: "pki", MountPath: "/pki"}}}}
	mounted := corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "etcd"}}
	some := corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: "etcd", Items: []corev1.KeyToPath{{Key: "server.pem", Path: "server.pem"}}}}
	with, without := secret("ca.crt", "server.pem"), secret("server.pem")
	for name, c := range map[string]struct {
		volume corev1.VolumeSource
		kube   *fake.Clientset
		want   string
	}{
		"it has one":         {mounted, fake.NewClientset(with), "/pki/ca.crt"},
		"it has none":        {mounted, fake.NewClientset(without), "/pki/server.pem"},
		"it is not mounted":  {some, fake.NewClientset(with), "/pki/server.pem"},
		"it may not be read": {mounted, fake.NewClientset(), "/pki/ca.crt"},
	} {
		m.Pod.Spec.Volumes = []corev1.Volume{{Name: "pki", VolumeSource: c.volume}}
		r := Run{Cluster: &cluster.Cluster{Namespace: "ns"}}
		if got := r.caFile(t.Context(), c.kube, m); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// TestNoClientInThePod has only a server certificate that the server does not accept from clients: etcdctl would wait
// until its timeout.
func TestNoClientInThePod(t *testing.T) {
	pair, err := certs.SelfSigned(certs.Spec{CommonName: "server", Hosts: []string{"etcd"}, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	if err != nil {
		t.Fatal(err)
	}
	kube := fake.NewClientset(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "etcd", Namespace: "ns"}, Data: map[string][]byte{"tls.crt": pair.Cert, "tls.key": pair.Key},
	})
	file := func(key string) cluster.File {
		return cluster.File{Path: "/pki/" + key, From: settings.Location{Kind: settings.Secret, Name: "etcd", Key: key}}
	}
	m := member("a", "ready")
	m.Server.Scheme, m.Server.TLS = "https", cluster.TLS{Cert: file("tls.crt"), Key: file("tls.key"), ClientAuth: true}
	r := Run{Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns", Members: []cluster.Member{m}}, Args: []string{"get", "k"}}
	want := `container "etcd" of pod "a" has no certificate that is valid for clients, and etcd requires one (run etcdctl on this machine: ` +
		`"kubectl etcd proxy --etcd etcd -n ns --etcd-cert FILE --etcd-key FILE --etcd-insecure-skip-tls-verify -- etcdctl …")`
	if diff := cmp.Diff(want, fmt.Sprint(r.Do(t.Context(), nil, kube))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	told := m
	told.Server.Etcdctl = []string{"ETCDCTL_CERT"}
	if CanShow(t.Context(), kube, "ns", m) || !CanShow(t.Context(), kube, "ns", told) || !CanShow(t.Context(), fake.NewClientset(), "ns", m) {
		t.Error("only where it is known that there is no certificate it cannot be shown")
	}
}

// TestWhichCA has a server certificate of one CA, and client certificates of another.
func TestWhichCA(t *testing.T) {
	authority := func(name string) *certs.Pair {
		ca, err := certs.SelfSigned(certs.Spec{CommonName: name, CA: true})
		if err != nil {
			t.Fatal(err)
		}
		return ca
	}
	servers, clients, strangers := authority("servers"), authority("clients"), authority("strangers")
	server, err := servers.Issue(certs.Spec{CommonName: "etcd", Hosts: []string{"etcd"}, Usages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	if err != nil {
		t.Fatal(err)
	}
	m := member("a", "ready")
	m.Server.Scheme = "https"
	volume := func(name string) corev1.Volume {
		return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{SecretName: name}}}
	}
	m.Pod.Spec.Containers = []corev1.Container{{Name: "etcd", VolumeMounts: []corev1.VolumeMount{{Name: "server", MountPath: "/s"}, {Name: "more", MountPath: "/m"}}}}
	m.Pod.Spec.Volumes = []corev1.Volume{volume("server"), volume("more")}
	file := func(secret, key, path string) cluster.File {
		return cluster.File{Path: path, From: settings.Location{Kind: settings.Secret, Name: secret, Key: key}}
	}
	m.Server.TLS = cluster.TLS{
		Cert: file("server", "tls.crt", "/s/tls.crt"), Key: file("server", "tls.key", "/s/tls.key"), TrustedCA: file("server", "trusted.crt", "/s/trusted.crt"),
		ClientAuth: true, Secrets: []string{"more", "server"},
	}
	for name, c := range map[string]struct {
		trusted *certs.Pair
		more    map[string][]byte
		want    string
	}{
		"one CA for both":           {servers, map[string][]byte{"x.crt": servers.Cert}, "/s/trusted.crt"},
		"the server's in another":   {clients, map[string][]byte{"a.crt": strangers.Cert, "issuer.pem": servers.Cert}, "/m/issuer.pem"},
		"the server's is not there": {clients, map[string][]byte{"a.crt": strangers.Cert}, "/s/tls.crt"},
	} {
		kube := fake.NewClientset(
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "server", Namespace: "ns"}, Data: map[string][]byte{"tls.crt": server.Cert, "tls.key": server.Key, "trusted.crt": c.trusted.Cert}},
			&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "more", Namespace: "ns"}, Data: c.more})
		r := Run{Cluster: &cluster.Cluster{Namespace: "ns"}}
		if got := r.caFile(t.Context(), kube, m); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	r := Run{Cluster: &cluster.Cluster{Namespace: "ns"}}
	if got := r.caFile(t.Context(), fake.NewClientset(), m); got != "/s/trusted.crt" {
		t.Errorf("where no Secret may be read: %q", got)
	}
}
