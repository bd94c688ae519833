package connect

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync/atomic"

	clientv3 "go.etcd.io/etcd/client/v3"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// Connection holds the etcd clients for one cluster. It dials when a client is first used.
type Connection struct {
	cluster *cluster.Cluster
	dialer  *dialer
	clients []*clientv3.Client
	refused atomic.Pointer[error]
}

// Refused returns the API server's refusal of the right to forward ports, once it gave one. It says nothing about the
// members, and gRPC leaves only its text in the errors of calls.
func (c *Connection) Refused() error {
	if err := c.refused.Load(); err != nil {
		return *err
	}
	return nil
}

// Open prepares connections to a cluster's members. The API server is asked with config, as kubectl would be.
func Open(config *rest.Config, kube kubernetes.Interface, c *cluster.Cluster) (*Connection, error) {
	if c.Scheme != "http" {
		return nil, fmt.Errorf("etcd cluster %s/%s serves clients over %s: only plain http is spoken yet", c.Namespace, c.Name, c.Scheme)
	}
	return &Connection{cluster: c, dialer: &dialer{config: config, rest: kube.CoreV1().RESTClient()}}, nil
}

// Member returns a client that speaks with one member alone.
func (c *Connection) Member(m cluster.Member) (*clientv3.Client, error) {
	return c.client(c.cluster.Endpoint(m))
}

// All returns one client that speaks with whichever member answers. Like the client Service it goes to the members
// that are Ready, so that it asks no learner for what a learner refuses; where none is, to those that run.
func (c *Connection) All() (*clientv3.Client, error) {
	endpoints := c.endpoints(cluster.Ready)
	if len(endpoints) == 0 {
		endpoints = c.endpoints(func(pod *corev1.Pod) bool { return cluster.Trouble(pod) == "" })
	}
	if len(endpoints) == 0 {
		return nil, fmt.Errorf("no member of etcd cluster %s/%s runs (see \"kubectl etcd status %s\")",
			c.cluster.Namespace, c.cluster.Name, c.cluster.Name)
	}
	return c.client(endpoints...)
}

// Close ends every client and its connections.
func (c *Connection) Close() error {
	var errs []error
	for _, client := range c.clients {
		errs = append(errs, client.Close())
	}
	c.clients = nil
	return errors.Join(errs...)
}

func (c *Connection) endpoints(take func(*corev1.Pod) bool) []string {
	var endpoints []string
	for _, m := range c.cluster.Members {
		if take(m.Pod) {
			endpoints = append(endpoints, c.cluster.Endpoint(m))
		}
	}
	return endpoints
}

func (c *Connection) client(endpoints ...string) (*clientv3.Client, error) {
	client, err := clientv3.New(c.clientConfig(endpoints))
	if err != nil {
		return nil, err
	}
	c.clients = append(c.clients, client)
	return client, nil
}

// dial maps an endpoint's host to the member's pod: etcd-0.etcd.ns.svc:2379 is port 2379 of pod etcd-0.
func (c *Connection) dial(ctx context.Context, address string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("endpoint %q: %w", address, err)
	}
	pod, _, _ := strings.Cut(host, ".")
	conn, err := c.dialer.dial(ctx, c.cluster.Namespace, pod, number)
	if apierrors.IsForbidden(err) {
		c.refused.Store(&err)
	}
	return conn, err
}
