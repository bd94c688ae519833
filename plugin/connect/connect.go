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

// Connection holds the etcd clients for one cluster. It dials when a client is first used.
type Connection struct {
	cluster *cluster.Cluster
	targets map[string]*target // by the host of their endpoint
	clients []*clientv3.Client
	refused atomic.Pointer[error]
	secrets *credentials.Set
	pool    *pool
	root    *rootHint
}

// Refused returns the API server's refusal of the right to forward ports, once it gave one. It says nothing about the
// members, and gRPC leaves only its text in the errors of calls.
func (c *Connection) Refused() error {
	if err := c.refused.Load(); err != nil {
		return *err
	}
	return nil
}

// AccessDenied reports whether what keeps a member from answering lies with this side: how etcd listens, certificates, or that
// nobody knows whether it speaks TLS. Then nothing is known of the member.
func (c *Connection) AccessDenied(pod string) bool {
	t := c.targets[pod]
	return t != nil && (t.member.Server.Unreachable != "" || t.unreached() || t.mute.Load() || t.tls != nil && t.tls.Barred())
}

// Seen returns what the member in a pod showed of its CAs when TLS was last spoken with it.
func (c *Connection) Seen(pod string) credentials.Seen {
	if t := c.secrets.TLS(pod); t != nil {
		return t.Seen()
	}
	return credentials.Seen{}
}

// Open prepares connections to a cluster's members, with the credentials that were given and those that are found. The
// API server is asked with config, as kubectl would be.
func Open(ctx context.Context, config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster, given credentials.Given) (*Connection, error) {
	found, err := credentials.Find(ctx, kube, c, given)
	if err != nil {
		return nil, err
	}
	return prepare(config, kube, c, found), nil
}

// With prepares connections with credentials that have been found.
func With(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster, found *credentials.Set) *Connection {
	return prepare(config, kube, c, found)
}

// Raw prepares connections for whoever speaks TLS over them by himself: Dial is all there is.
func Raw(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster) *Connection {
	return prepare(config, kube, c, &credentials.Set{})
}

func prepare(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster, found *credentials.Set) *Connection {
	conn := &Connection{cluster: c, targets: map[string]*target{}, secrets: found, root: newRootHint(config, kube, c)}
	d := &portforward.Dialer{Config: config, REST: kube.CoreV1().RESTClient()}
	for _, m := range c.Members {
		conn.targets[m.PodName] = &target{
			dialer: d, kube: kube, namespace: c.Namespace, member: m, tls: found.TLS(m.PodName), pod: m.Pod, looked: time.Now(),
		}
	}
	conn.pool = conn.newPool()
	return conn
}

// Member returns a client that speaks with one member alone.
func (c *Connection) Member(m cluster.Member) (*clientv3.Client, error) {
	return c.client(m)
}

// Dial opens a connection to the port on which a member serves clients, without TLS over it.
func (c *Connection) Dial(ctx context.Context, m cluster.Member) (net.Conn, error) {
	return c.dialTarget(ctx, m.PodName, (*target).dialRaw)
}

// DialPort opens a connection to any other port of a member's pod.
func (c *Connection) DialPort(ctx context.Context, m cluster.Member, port int) (net.Conn, error) {
	return c.dialTarget(ctx, m.PodName, func(t *target, ctx context.Context) (net.Conn, error) { return t.dialPort(ctx, port) })
}

// All returns one client that speaks with whichever member answers, of those that are seen to be of one cluster: calls
// return a *MixedError otherwise.
func (c *Connection) All() (*clientv3.Client, error) {
	now := time.Now()
	members := slices.DeleteFunc(c.cluster.Serving(), func(m cluster.Member) bool {
		return m.Crashing(now) && c.AccessDenied(m.PodName) // what is the matter with it is no matter of credentials
	})
	if len(members) == 0 {
		return nil, c.cluster.NoneRuns()
	}
	return c.client(members...)
}

// Close ends every client and its connections.
func (c *Connection) Close() error {
	var errs []error
	for _, client := range c.clients {
		errs = append(errs, client.Close())
	}
	c.clients = nil
	c.pool.close()
	return errors.Join(errs...)
}

// endpoint is what clientv3 calls a member: the pod's name, because what members advertise need not differ.
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

// User is who a client is for etcd's own authentication.
type User struct {
	Name          string // "" is nobody
	ByCertificate bool   // it is the common name of the certificate that is shown
}

// String tells it for people.
func (u User) String() string {
	switch {
	case u.Name == "":
		return "nobody (see --etcd-user, and --etcd-credentials-secret)"
	case u.ByCertificate:
		return identity{name: u.Name}.String()
	}
	return fmt.Sprintf("user %q", u.Name)
}

// User returns who a client of the member is.
func (c *Connection) User(m cluster.Member) User {
	i := c.identity(m)
	return User{Name: i.name, ByCertificate: i.password == "" && i.name != ""}
}

// Login returns the user and the password that clients log in with, or nothing where they do not.
func (c *Connection) Login() credentials.User { return c.secrets.User }

// identity is who a client of the member is for etcd.
func (c *Connection) identity(m cluster.Member) identity {
	if user := c.secrets.User; user.Name != "" {
		return identity{user.Name, user.Password}
	}
	if tls := c.secrets.TLS(m.PodName); tls != nil {
		return identity{name: tls.CommonName()}
	}
	return identity{}
}

// dial is gRPC's way to a member: TLS is ours, over the connection that it is given, because the name that a
// certificate is for is each member's own.
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
