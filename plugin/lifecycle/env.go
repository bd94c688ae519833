// Package lifecycle has what operations of several steps in Kubernetes and etcd share: their settings and clients (Env), the
// state of a cluster (View), the Lease that lets only one operation run (Env.Hold), and how they wait. The packages below it
// have the operations. An operation derives its next step from the state of the cluster, so it can be killed at any point and
// run again.
package lifecycle

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Env has the clients and settings of every operation.
type Env struct {
	Kube        kubernetes.Interface
	Config      *rest.Config
	Target      cluster.Target // the cluster: as the user named it, and after WithCluster or Resolve by the cluster's name
	Credentials credentials.FlagValues
	Member      string        // the only member to connect to, or "" for all
	MemberLimit time.Duration // timeout of a request to one member
	Queue       time.Duration // how long to wait for another operation to end; 0 refuses
	Progress    *render.Progress
}

// View is the state of one cluster at one moment, with the clients to its members. The caller closes it.
type View struct {
	Cluster    *cluster.Cluster
	Conn       *connect.Connection
	Members    []etcd.Member
	Status     report.Status
	Incomplete error // why the members had less time to answer than MemberLimit: ctx ended, which says nothing about the cluster
}

// OpenServing finds the target and prepares a client for each member. It sends no request to the members. It reads only what
// reading and writing keys needs: the view's cluster is that of cluster.FindServing.
func (e Env) OpenServing(ctx context.Context) (*View, error) {
	c, err := cluster.FindServing(ctx, e.Kube, e.Target)
	if err != nil {
		return nil, err
	}
	return e.open(ctx, c)
}

// Open finds the target with its whole state in Kubernetes, and prepares a client for each member. It sends no request to the
// members.
func (e Env) Open(ctx context.Context) (*View, error) {
	c, err := e.Find(ctx)
	if err != nil {
		return nil, err
	}
	return e.open(ctx, c)
}

func (e Env) open(ctx context.Context, c *cluster.Cluster) (*View, error) {
	if e.Member != "" {
		var err error
		if c, err = c.OnlyMember(e.Member); err != nil {
			return nil, err
		}
	}
	e.NoteCredentials(c)
	conn, err := connect.Open(ctx, e.Config, e.Kube, c, e.Credentials)
	if err != nil {
		return nil, err
	}
	v := &View{Cluster: c, Conn: conn}
	if err := v.makeMembers(); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// NoteCredentials shows once what the flags for credentials lead to with this cluster, if credentials.FlagValues has a remark.
func (e Env) NoteCredentials(c *cluster.Cluster) {
	if text := e.Credentials.Remark(c); text != "" {
		e.Progress.Once(text)
	}
}

// makeMembers makes v.Members from the members of v.Cluster. It keeps the clients that v.Members already has.
func (v *View) makeMembers() error {
	clients := map[string]*clientv3.Client{}
	for _, m := range v.Members {
		clients[m.Name] = m.Client
	}
	v.Members = nil
	for _, m := range v.Cluster.Members {
		member := etcd.Member{Name: m.Name, Pod: m.PodName, Node: m.Node(), Zone: m.Zone, Client: clients[m.Name], PodProblem: m.PodProblem()}
		if m.Pod == nil {
			member.Pod = ""
		}
		if member.PodProblem == "" && member.Client == nil {
			var err error
			if member.Client, err = v.Conn.Member(m); err != nil {
				return err
			}
		}
		v.Members = append(v.Members, member)
	}
	return nil
}

// View opens the target and asks every member for its status. The caller closes the view.
func (e Env) View(ctx context.Context) (*View, error) {
	v, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.readStatus(ctx, v); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// readStatus asks every member for its status. At the same time it asks the API server for the nodes, which a warning needs.
func (e Env) readStatus(ctx context.Context, v *View) error {
	crowd := make(chan *advice.Crowd, 1)
	go func() { crowd <- e.crowdedDomain(ctx, v.Cluster) }()
	s := etcd.Status(ctx, v.Members, e.MemberLimit)
	if err := v.Conn.Refused(); err != nil {
		return err // not the cluster's state: the members could not be asked
	}
	v.Incomplete = context.Cause(ctx)
	v.markAccessDenied(&s, time.Now())
	addKubernetesState(v.Cluster, &s)
	s.RotationPhase = rotationPhase(v)
	s.Unfinished = judge.Unfinished(v.Cluster, s)
	s.Healthy = s.Healthy && len(s.Unfinished) == 0
	e.addAlarms(ctx, v, &s)
	s.Warnings = append(s.Warnings, advice.Warnings(v.Cluster, s, <-crowd)...)
	v.Status = s
	return nil
}

// markAccessDenied marks the members that did not answer because this client's access was denied, and that may be healthy. A
// member whose pod does not run, or ends after each start, is down, whatever access the client has.
func (v *View) markAccessDenied(s *report.Status, now time.Time) {
	for i := range s.Members {
		m := &s.Members[i]
		member, _ := v.Cluster.Member(m.Name)
		switch denied := m.Version == "" && m.Error != "" && v.Conn.AccessDenied(m.Pod); {
		case !denied || member.PodProblem() != "":
		case member.Crashing(now):
			m.Error, m.Reason = "etcd exited and was restarted a moment ago", "exits after its start"
		default:
			m.AccessDenied = true
		}
	}
}

// addAlarms reads the alarms from a healthy member's /health, if no member answered Status. With authentication on, Status and
// AlarmList need a user and /health does not.
func (e Env) addAlarms(ctx context.Context, v *View, s *report.Status) {
	ctx, cancel := context.WithTimeout(ctx, e.MemberLimit) // it delays a report no longer than a member may
	defer cancel()
	var err error
	for _, m := range s.Members {
		if m.Version != "" {
			return
		}
		member, found := v.Cluster.Member(m.Name)
		if !found || !m.Healthy {
			continue
		}
		if err = etcd.AddHealth(ctx, s, v.Conn.HTTPClient(member)); err == nil {
			return
		}
	}
	if err != nil {
		s.Incomplete = slices.Concat(s.Incomplete, []string{fmt.Sprintf("alarms (%v)", err)})
	}
}

// crowdedDomain returns the node or zone whose loss would lose the quorum, if another one could take members, and nil
// otherwise.
func (e Env) crowdedDomain(ctx context.Context, c *cluster.Cluster) *advice.Crowd {
	ctx, cancel := context.WithTimeout(ctx, e.MemberLimit) // it delays a report no longer than a member may
	defer cancel()
	for _, crowd := range advice.Crowds(c) {
		if crowd.Spread || cluster.SpareNodeExists(ctx, e.Kube, crowd.Label, crowd.Used) {
			return &crowd
		}
	}
	return nil
}

// addKubernetesState adds the cluster's state in Kubernetes to the members' answers.
func addKubernetesState(c *cluster.Cluster, s *report.Status) {
	s.Cluster, s.Namespace = c.Name, c.Namespace
	s.Owner = report.Owner{Kind: string(c.Owner.Kind), Name: c.Owner.Name, Text: c.Owner.String()}
	s.ClientTLS = clientTLS(c)
	s.Sealed, s.Seal = c.Seal.State == cluster.SealClosed, c.Seal.String()
	s.Operation = c.Operation.Text
	for i := range c.Surroundings.Services {
		if b, found := cluster.BalancerOf(&c.Surroundings.Services[i]); found {
			s.LoadBalancers = append(s.LoadBalancers, report.LoadBalancer(b))
		}
	}
	s.Incomplete = c.Surroundings.Incomplete
	explainSilence(c, s.Members)
	for i, m := range s.Members {
		if member, found := c.Member(m.Name); found && m.Version != "" && m.QuotaBytes == 0 {
			s.Members[i].QuotaBytes = member.Server.QuotaBytes() // etcd's Status has it since 3.6
		}
	}
}

// clientTLS reports whether every member serves clients over TLS, or nil if there are no members or the
// scheme of one is not known.
func clientTLS(c *cluster.Cluster) *bool {
	if len(c.Members) == 0 {
		return nil
	}
	tls := true
	for _, m := range c.Members {
		if m.Server.Scheme == "" {
			return nil
		}
		tls = tls && m.Server.Scheme == "https"
	}
	return &tls
}

// explainSilence adds to the error of a member that does not answer, although its container runs: the news of its pod or node, or
// else how its container last exited.
func explainSilence(c *cluster.Cluster, members []report.Member) {
	for i := range members {
		m := &members[i]
		member, found := c.Member(m.Name)
		if !found || m.Version != "" || member.PodProblem() != "" {
			continue
		}
		if member.News != "" {
			m.Reason, _, _ = strings.Cut(member.News, ":")
			m.Error = fmt.Sprintf("%s (%s)", m.Error, member.News)
		} else if last := member.LastExit(); last != "" {
			m.Error = fmt.Sprintf("%s (%s)", m.Error, last)
		}
	}
}

// Close closes the clients.
func (v *View) Close() { _ = v.Conn.Close() }

// Member returns the member of that name, with its client.
func (v *View) Member(name string) (etcd.Member, bool) {
	for _, m := range v.Members {
		if m.Name == name {
			return m, true
		}
	}
	return etcd.Member{}, false
}
