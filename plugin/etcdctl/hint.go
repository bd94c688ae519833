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
		r.Note("note: etcd made its certificate by itself (--auto-tls), and nobody can verify that (%q goes on without)",
			r.Cluster.Command("ctl --etcd-insecure-skip-tls-verify")+" -- "+strings.Join(r.Args, " "))
	case output.contains("x509: certificate signed by unknown authority"):
		r.Note(`note: none of the CAs that are known of vouches for the server's certificate ("--cacert FILE" behind "--" names another one in the pod)`)
	case output.contains("user name is empty", "authentication is not enabled for this user"):
		r.hintUser(ctx, kube, at, "authentication is on, and in the pod etcdctl is no user of etcd")
	case output.contains("permission denied"):
		r.hintUser(ctx, kube, at, "etcd does not let the user do this who etcdctl is in the pod")
	case output.contains("authentication failed, invalid user ID or password"):
		r.Note("note: etcd knows no such user with that password")
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
			r.Note("note: %s (\"%s\" is root, by secret %q)", why, proxy(""), secret)
			return
		}
	}
	if root.Secret != "" {
		r.Note("note: %s (\"%s\" is root: its password is in key %q of that secret)", why, proxy(" --etcd-credentials-secret "+root.Secret), root.Key)
		return
	}
	if at.Server.TLS.CertUsers && r.RootPair != nil {
		if name := r.RootPair(ctx); name != "" {
			r.Note("note: %s (\"%s\" is root, by its certificate)", why, proxy(" --etcd-tls-secret "+name))
			return
		}
	}
	flags := " --etcd-user USER --etcd-password-file FILE"
	if at.Server.TLS.CertUsers {
		flags = " --etcd-cert FILE --etcd-key FILE"
	}
	r.Note("%s", fmt.Sprintf("note: %s (\"%s\" is another one)", why, proxy(flags)))
}
