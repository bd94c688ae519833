// Package connect makes etcd clients that reach each member through the API server, verify it, and log in to it.
package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync/atomic"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect/portforward"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// Connection holds the etcd clients of one cluster. A client dials on its first call.
type Connection struct {
	cluster *cluster.Cluster
	targets map[string]*target // by pod name, which is the host of a member's endpoint
	clients []*clientv3.Client
	refused atomic.Pointer[error]
	secrets *credentials.Set
	pool    *pool
	root    *rootHint
}

// Refused returns the API server's Forbidden error for "create pods/portforward", or nil if there was none. gRPC keeps
// only the text of such an error, so callers cannot tell it from a member's failure otherwise.
func (c *Connection) Refused() error {
	if err := c.refused.Load(); err != nil {
		return *err
	}
	return nil
}

// AccessDenied reports whether the member in the pod could not be queried for a reason on this side: etcd does not
// listen on an address that a port-forward reaches, a certificate was refused, or it is unknown whether the member
// serves TLS. The member's health is unknown then.
func (c *Connection) AccessDenied(pod string) bool {
	t := c.targets[pod]
	return t != nil && (t.member.Server.Unreachable != "" || t.unreached() || t.maybeTLS.Load() || t.tls != nil && t.tls.AccessDenied())
}

// Seen returns what the last TLS handshake with the member in the pod showed of its CAs.
func (c *Connection) Seen(pod string) credentials.Handshake {
	if t := c.secrets.TLS(pod); t != nil {
		return t.Handshake()
	}
	return credentials.Handshake{}
}

// Open prepares connections to the members of a cluster, with the given credentials and those that it finds in the
// cluster. It reads Secrets with kube and forwards ports with config.
func Open(ctx context.Context, config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster, given credentials.FlagValues) (*Connection, error) {
	found, err := credentials.Find(ctx, kube, c, given)
	if err != nil {
		return nil, err
	}
	return prepare(config, kube, c, found), nil
}

// With prepares connections with credentials that were found before.
func With(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster, found *credentials.Set) *Connection {
	return prepare(config, kube, c, found)
}

// OpenWithoutTLS prepares connections for a caller that does TLS itself. Only Dial and DialPort are of use.
func OpenWithoutTLS(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster) *Connection {
	return prepare(config, kube, c, &credentials.Set{})
}

func prepare(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster, found *credentials.Set) *Connection {
	conn := &Connection{cluster: c, targets: map[string]*target{}, secrets: found, root: newRootHint(config, kube, c)}
	d := &portforward.Dialer{Config: config, REST: kube.CoreV1().RESTClient()}
	for _, m := range c.Members {
		conn.targets[m.PodName] = &target{
			dialer: d, kube: kube, namespace: c.Namespace, member: m, tls: found.TLS(m.PodName), pod: m.Pod, podReadAt: time.Now(),
		}
	}
	conn.pool = conn.newPool()
	return conn
}

// Member returns a client of one member.
func (c *Connection) Member(m cluster.Member) (*clientv3.Client, error) {
	return c.client(m)
}

// Dial opens a connection to the member's client port, without TLS.
func (c *Connection) Dial(ctx context.Context, m cluster.Member) (net.Conn, error) {
	return c.dialTarget(ctx, m.PodName, (*target).dialRaw)
}

// DialPort opens a connection to any port of the member's pod, without TLS.
func (c *Connection) DialPort(ctx context.Context, m cluster.Member, port int) (net.Conn, error) {
	return c.dialTarget(ctx, m.PodName, func(t *target, ctx context.Context) (net.Conn, error) { return t.dialPort(ctx, port) })
}

// All returns one client of all members that serve. It uses any member that answers. Calls return a *MixedError if the
// members belong to several clusters.
func (c *Connection) All() (*clientv3.Client, error) {
	now := time.Now()
	members := slices.DeleteFunc(c.cluster.Serving(), func(m cluster.Member) bool {
		return m.Crashing(now) && c.AccessDenied(m.PodName) // its crash is not a matter of credentials
	})
	if len(members) == 0 {
		return nil, c.cluster.NoRunningMemberError()
	}
	return c.client(members...)
}

// Close closes all clients and connections.
func (c *Connection) Close() error {
	var errs []error
	for _, client := range c.clients {
		errs = append(errs, client.Close())
	}
	c.clients = nil
	c.pool.close()
	return errors.Join(errs...)
}

// endpoint returns the endpoint of a member for clientv3. It is made of the pod's name, because several members may
// advertise the same URL.
func endpoint(m cluster.Member) string { return "http://" + m.PodName }

func (c *Connection) client(members ...cluster.Member) (*clientv3.Client, error) {
	var endpoints []string
	for _, m := range members {
		endpoints = append(endpoints, endpoint(m))
	}
	client, err := clientv3.New(c.clientConfig(endpoints, newLogin(c.identity(members[0]), c.cluster.Command, c.root), c.through(members)))
	if err != nil {
		return nil, err
	}
	c.clients = append(c.clients, client)
	return client, nil
}

// User is the user of etcd's authentication that a client's calls run as.
type User struct {
	Name          string // "" is no user
	ByCertificate bool   // the name is the common name of the client certificate
}

// String returns a text for people.
func (u User) String() string {
	switch {
	case u.Name == "":
		return "none (see --etcd-user and --etcd-credentials-secret)"
	case u.ByCertificate:
		return identity{name: u.Name}.String()
	}
	return fmt.Sprintf("user %q", u.Name)
}

// User returns the user of a client of the member.
func (c *Connection) User(m cluster.Member) User {
	i := c.identity(m)
	return User{Name: i.name, ByCertificate: i.password == "" && i.name != ""}
}

// Login returns the user and the password that clients log in with, or the zero value if they do not log in.
func (c *Connection) Login() credentials.User { return c.secrets.User }

// identity returns the user of a client of the member.
func (c *Connection) identity(m cluster.Member) identity {
	if user := c.secrets.User; user.Name != "" {
		return identity{user.Name, user.Password}
	}
	if tls := c.secrets.TLS(m.PodName); tls != nil {
		return identity{name: tls.CommonName()}
	}
	return identity{}
}

// dial is gRPC's dialer. It does TLS itself, because each member's certificate is verified for a name of its own.
func (c *Connection) dial(ctx context.Context, endpoint string) (net.Conn, error) {
	return c.dialTarget(ctx, endpoint, (*target).dial)
}

func (c *Connection) dialTarget(ctx context.Context, pod string, dial func(*target, context.Context) (net.Conn, error)) (net.Conn, error) {
	t := c.targets[pod]
	if t == nil {
		return nil, fmt.Errorf("etcd cluster %s/%s has no member in pod %q", c.cluster.Namespace, c.cluster.Name, pod)
	}
	conn, err := dial(t, ctx)
	if apierrors.IsForbidden(err) {
		c.refused.Store(&err)
	}
	return conn, err
}
