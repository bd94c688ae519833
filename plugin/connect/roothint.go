package connect

import (
	"context"
	"sync"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// rootHint finds credentials of user root, for the text of a refusal.
type rootHint struct {
	password credentials.RootPassword
	find     func(context.Context) string // returns the Secret with root's certificate, or ""

	once sync.Once
	flag string
}

func newRootHint(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster) *rootHint {
	return &rootHint{password: credentials.RootPasswordOf(c), find: func(ctx context.Context) string {
		return RootSecret(ctx, config, kube, c)
	}}
}

// RootSecret returns the name of the Secret in the cluster's namespace that has the certificate of etcd's user root. It
// returns "" if there is none, or if the caller may not list or get Secrets.
func RootSecret(ctx context.Context, config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster) string {
	ctx, cancel := context.WithTimeout(ctx, explainLimit)
	defer cancel()
	client, err := metadata.NewForConfig(config)
	if err != nil {
		return ""
	}
	names, err := cluster.ObjectNames(ctx, client, cluster.KindSecret, c.Namespace)
	if err != nil {
		return ""
	}
	return credentials.RootSecret(ctx, kube, c, names)
}

// certificate returns the flag that passes root's certificate, or "".
func (h *rootHint) certificate(ctx context.Context) string {
	if h == nil {
		return ""
	}
	h.once.Do(func() {
		if name := h.find(ctx); name != "" {
			h.flag = "--etcd-tls-secret " + name
		}
	})
	return h.flag
}
