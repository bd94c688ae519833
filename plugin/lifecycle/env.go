// Package lifecycle has the operations that take several steps over Kubernetes and etcd. Each derives its next step
// from what it sees, so that it can be killed at any point and run again.
package lifecycle

import (
	"context"
	"fmt"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Env is what every operation works with.
type Env struct {
	Kube        kubernetes.Interface
	Config      *rest.Config
	Namespace   string
	Query       cluster.Query // what the user said of the cluster, beside its name
	MemberLimit time.Duration // how long one member may take to answer
	Progress    *report.Progress
}

// View is one cluster as it was seen at one moment, with the clients to act on it.
type View struct {
	Cluster *cluster.Cluster
	Conn    *connect.Connection
	Members []etcd.Member
	Status  report.Status
}

// find returns the cluster of that name, or the only one of the namespace.
func (e Env) find(ctx context.Context, name string) (*cluster.Cluster, error) {
	q := e.Query
	q.Namespace, q.Name = e.Namespace, name
	return cluster.Find(ctx, e.Kube, q)
}

// Open finds a cluster and prepares a client for each member, without asking them anything.
func (e Env) Open(ctx context.Context, name string) (*View, error) {
	c, err := e.find(ctx, name)
	if err != nil {
		return nil, err
	}
	conn, err := connect.Open(e.Config, e.Kube, c)
	if err != nil {
		return nil, err
	}
	v := &View{Cluster: c, Conn: conn}
	for _, m := range c.Members {
		member := etcd.Member{Name: m.Name, Pod: m.PodName, Node: m.Node(), Zone: m.Zone, Trouble: m.Trouble()}
		if m.Pod == nil {
			member.Pod = ""
		}
		if member.Trouble == "" {
			if member.Client, err = conn.Member(m); err != nil {
				_ = conn.Close()
				return nil, err
			}
		}
		v.Members = append(v.Members, member)
	}
	return v, nil
}

// Look opens a cluster and asks every member for its status.
func (e Env) Look(ctx context.Context, name string) (*View, error) {
	v, err := e.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	s := etcd.Status(ctx, v.Members, e.MemberLimit)
	if err := v.Conn.Refused(); err != nil {
		v.Close()
		return nil, err // what could not be asked is no state of the cluster
	}
	s.Cluster, s.Namespace = v.Cluster.Name, v.Cluster.Namespace
	s.Sealed, s.Seal = v.Cluster.Seal.State == cluster.SealClosed, v.Cluster.Seal.String()
	s.Operation = v.Cluster.Operation
	explainSilence(v.Cluster, s.Members)
	s.Warnings = append(s.Warnings, warnings(v.Cluster, s)...)
	v.Status = s
	return v, nil
}

// explainSilence adds to a member that does not answer, though its container runs, how that one last ended.
func explainSilence(c *cluster.Cluster, members []report.Member) {
	for i := range members {
		m := &members[i]
		place, found := c.Member(m.Name)
		if !found || m.Version != "" || place.Trouble() != "" {
			continue
		}
		if last := place.LastExit(); last != "" {
			m.Error = fmt.Sprintf("%s (%s)", m.Error, last)
		}
	}
}

// Close ends the clients.
func (v *View) Close() { _ = v.Conn.Close() }

// Member returns the named member's handle.
func (v *View) Member(name string) (etcd.Member, bool) {
	for _, m := range v.Members {
		if m.Name == name {
			return m, true
		}
	}
	return etcd.Member{}, false
}
