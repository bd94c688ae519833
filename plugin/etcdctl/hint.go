package etcdctl

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// maxTail bounds how much of the end of etcdctl's output is kept. The error is at the end.
const maxTail = 8 << 10

// tail is a writer that keeps the end of what is written.
type tail struct {
	io.Writer
	mu   sync.Mutex
	kept []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	t.kept = append(t.kept, p...)
	t.kept = t.kept[max(0, len(t.kept)-maxTail):]
	t.mu.Unlock()
	return t.Writer.Write(p)
}

func (t *tail) contains(texts ...string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, text := range texts {
		if strings.Contains(string(t.kept), text) {
			return true
		}
	}
	return false
}

// hint adds a remedy to an error of etcdctl, which knows nothing of the cluster in Kubernetes. The remedies for users
// run etcdctl on the user's machine: in the pod, a password would be visible in the process list.
func (r Run) hint(ctx context.Context, kube kubernetes.Interface, at cluster.Member, output *tail) {
	switch {
	case output.contains("x509: ", "failed to verify certificate") && at.Server.TLS.Auto && at.Server.TLS.Cert.Path == "":
		r.Note("note: etcd generated its own certificate (--auto-tls), which no CA can verify (%q skips the verification)",
			r.Cluster.Command("ctl --etcd-insecure-skip-tls-verify")+" -- "+strings.Join(r.Args, " "))
	case output.contains("x509: certificate signed by unknown authority"):
		r.Note(`note: no known CA signed the server's certificate ("--cacert FILE" after "--" passes another CA file of the pod)`)
	case output.contains("user name is empty", "authentication is not enabled for this user"):
		r.hintUser(ctx, kube, at, "authentication is on, and etcdctl in the pod has no user")
	case output.contains("permission denied"):
		r.hintUser(ctx, kube, at, "etcd denies this to the user of etcdctl in the pod")
	case output.contains("authentication failed, invalid user ID or password"):
		r.Note("note: wrong user name or password")
	}
}

// hintUser names the credentials with which the command would be allowed.
func (r Run) hintUser(ctx context.Context, kube kubernetes.Interface, at cluster.Member, why string) {
	if isGiven("user", r.Args, at.Server.Etcdctl) {
		return
	}
	proxy := func(flags string) string { return r.Cluster.Command("proxy") + flags + " -- etcdctl …" }
	root := credentials.RootPasswordOf(r.Cluster)
	if secret := cluster.RootSecret(r.Cluster.Name); r.Cluster.SealConfig != "" && !at.Server.TLS.CertUsers {
		if _, err := kube.CoreV1().Secrets(r.Cluster.Namespace).Get(ctx, secret, metav1.GetOptions{}); err == nil {
			r.Note("note: %s (\"%s\" runs it as root, with secret %q)", why, proxy(""), secret)
			return
		}
	}
	if root.Secret != "" {
		r.Note("note: %s (\"%s\" runs it as root: the password is in key %q of that secret)", why, proxy(" --etcd-credentials-secret "+root.Secret), root.Key)
		return
	}
	if at.Server.TLS.CertUsers && r.RootPair != nil {
		if name := r.RootPair(ctx); name != "" {
			r.Note("note: %s (\"%s\" runs it as root, with root's certificate)", why, proxy(" --etcd-tls-secret "+name))
			return
		}
	}
	flags := " --etcd-user USER --etcd-password-file FILE"
	if at.Server.TLS.CertUsers {
		flags = " --etcd-cert FILE --etcd-key FILE"
	}
	r.Note("%s", fmt.Sprintf("note: %s (\"%s\" runs it as another user)", why, proxy(flags)))
}
