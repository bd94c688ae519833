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

// rootHint finds how one can be root, once etcd has refused somebody something.
type rootHint struct {
	password credentials.RootPassword
	find     func(context.Context) string // the Secret with root's certificate, or ""

	once sync.Once
	flag string
}

func newRootHint(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster) *rootHint {
	return &rootHint{password: credentials.RootPasswordOf(c), find: func(ctx context.Context) string {
		return RootSecret(ctx, config, kube, c)
	}}
}

// RootSecret returns the Secret in a cluster's namespace that has the certificate of etcd's user root, or "" where there is
// none, or none is to be seen.
func RootSecret(ctx context.Context, config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster) string {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
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

// certificate returns the flag with which one is root by certificate, or "".
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
