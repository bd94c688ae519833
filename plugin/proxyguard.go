package plugin

import (
	"context"
	"errors"
	"net"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

// guardedDial returns the way to the members of a proxy, where they are of one etcd cluster: a client writes to whichever of
// its endpoints answers, and sends its password there. A connection to a member that is of another cluster is refused later
// too. Where the credentials at hand do not let anybody ask, the client has its own, and goes unasked.
func (o *options) guardedDial(ctx context.Context, env lifecycle.Env, s proxy.Session) (proxy.Dial, error) {
	raw := connect.Raw(env.Config, env.Kube, s.Cluster)
	if s.Member != "" || len(s.Cluster.Members) < 2 {
		return raw.Dial, nil
	}
	if s.Credentials == nil {
		env.Progress.Step("note: without credentials for etcd cluster %s/%s its pods cannot be asked whether they are of one cluster", s.Cluster.Namespace, s.Cluster.Name)
		return raw.Dial, nil
	}
	conn := connect.With(env.Config, env.Kube, s.Cluster, s.Credentials)
	limited, cancel := context.WithTimeout(ctx, env.MemberLimit)
	defer cancel()
	if err := conn.Agree(limited); err != nil {
		return nil, err
	}
	return func(ctx context.Context, m cluster.Member) (net.Conn, error) {
		err := conn.Admit(ctx, m)
		if several := (*connect.MixedError)(nil); errors.As(err, &several) || err != nil && !conn.Barred(m.PodName) {
			return nil, err
		}
		return raw.Dial(ctx, m)
	}, nil
}
