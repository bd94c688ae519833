// Package lifecycle is the ground of the operations that take several steps over Kubernetes and etcd: what they work with
// (Env), what they see (View), the Lease that makes each the only one (Env.Hold), and how they wait. The packages below it
// have the operations. Each derives its next step from what it sees, so that it can be killed at any point and run again.
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

// Env is what every operation works with.
type Env struct {
	Kube        kubernetes.Interface
	Config      *rest.Config
	Target      cluster.Target // which cluster: as the user names it, and once that is resolved by its own name
	Credentials credentials.Given
	Member      string        // the only one that clients are to speak with, or ""
	MemberLimit time.Duration // how long one member may take to answer
	Queue       time.Duration // how long to wait for the end of another operation; 0 refuses
	Progress    *render.Progress
}

// View is one cluster as it was seen at one moment, with the clients to act on it.
type View struct {
	Cluster    *cluster.Cluster
	Conn       *connect.Connection
	Members    []etcd.Member
	Status     report.Status
	Incomplete error // why the members had not all the time to answer: the command's own end, which is no state of the cluster
}

// OpenServing finds the target and prepares a client for each member, without asking them anything. It reads what it
// takes to read and write keys: the view's cluster is that of cluster.FindServing.
func (e Env) OpenServing(ctx context.Context) (*View, error) {
	c, err := cluster.FindServing(ctx, e.Kube, e.Target)
	if err != nil {
		return nil, err
	}
	return e.open(ctx, c)
}

// Open finds the target with all that Kubernetes knows of its state, and prepares a client for each member, without
// asking them anything.
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
	e.Remark(c)
	conn, err := connect.Open(ctx, e.Config, e.Kube, c, e.Credentials)
	if err != nil {
		return nil, err
	}
	v := &View{Cluster: c, Conn: conn}
	if err := v.handle(); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// Remark says once what comes of the flags for credentials with this cluster, where that is worth a line.
func (e Env) Remark(c *cluster.Cluster) {
	if text := e.Credentials.Remark(c); text != "" {
		e.Progress.Once(text)
	}
}

// handle makes the handles to the members of the cluster. Clients that there are already are kept.
func (v *View) handle() error {
	clients := map[string]*clientv3.Client{}
	for _, m := range v.Members {
		clients[m.Name] = m.Client
	}
	v.Members = nil
	for _, m := range v.Cluster.Members {
		member := etcd.Member{Name: m.Name, Pod: m.PodName, Node: m.Node(), Zone: m.Zone, Client: clients[m.Name], Trouble: m.Trouble()}
		if m.Pod == nil {
			member.Pod = ""
		}
		if member.Trouble == "" && member.Client == nil {
			var err error
			if member.Client, err = v.Conn.Member(m); err != nil {
				return err
			}
		}
		v.Members = append(v.Members, member)
	}
	return nil
}

// View opens the target and asks every member for its status.
func (e Env) View(ctx context.Context) (*View, error) {
	v, err := e.Open(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.ask(ctx, v); err != nil {
		v.Close()
		return nil, err
	}
	return v, nil
}

// ask asks every member for its status, and meanwhile the API server what the warnings need beside.
func (e Env) ask(ctx context.Context, v *View) error {
	crowd := make(chan *advice.Crowd, 1)
	go func() { crowd <- e.crowdedDomain(ctx, v.Cluster) }()
	s := etcd.Status(ctx, v.Members, e.MemberLimit)
	if err := v.Conn.Refused(); err != nil {
		return err // what could not be asked is no state of the cluster
	}
	v.Incomplete = context.Cause(ctx)
	v.markAccessDenied(&s, time.Now())
	describe(v.Cluster, &s)
	s.RotationPhase = rotationPhase(v)
	s.Unfinished = judge.Unfinished(v.Cluster, s)
	s.Healthy = s.Healthy && len(s.Unfinished) == 0
	e.addAlarms(ctx, v, &s)
	s.Warnings = append(s.Warnings, advice.Warnings(v.Cluster, s, <-crowd)...)
	v.Status = s
	return nil
}

// markAccessDenied marks the members that may be well, because what is in the way lies with this side. One whose pod does not run, or
// ends after each start, is down, whatever this side lacks.
func (v *View) markAccessDenied(s *report.Status, now time.Time) {
	for i := range s.Members {
		m := &s.Members[i]
		place, _ := v.Cluster.Member(m.Name)
		switch barred := m.Version == "" && m.Error != "" && v.Conn.AccessDenied(m.Pod); {
		case !barred || place.Trouble() != "":
		case place.Crashing(now):
			m.Error, m.Reason = "it ended and was started again a moment ago", "ends after its start"
		default:
			m.AccessDenied = true
		}
	}
}

// addAlarms adds the alarms where no member tells them, because etcd's authentication is on and no user was given.
func (e Env) addAlarms(ctx context.Context, v *View, s *report.Status) {
	ctx, cancel := context.WithTimeout(ctx, e.MemberLimit) // it holds up a report no longer than a member may
	defer cancel()
	var err error
	for _, m := range s.Members {
		if m.Version != "" {
			return
		}
		place, found := v.Cluster.Member(m.Name)
		if !found || !m.Healthy {
			continue
		}
		if err = etcd.AddHealth(ctx, s, v.Conn.HTTPClient(place)); err == nil {
			return
		}
	}
	if err != nil {
		s.Incomplete = slices.Concat(s.Incomplete, []string{fmt.Sprintf("alarms (%v)", err)})
	}
}

// crowdedDomain returns where so many members are that losing it loses the quorum, if that can be helped.
func (e Env) crowdedDomain(ctx context.Context, c *cluster.Cluster) *advice.Crowd {
	ctx, cancel := context.WithTimeout(ctx, e.MemberLimit) // it holds up a report no longer than a member may
	defer cancel()
	for _, crowd := range advice.Crowds(c) {
		if crowd.Spread || cluster.Elsewhere(ctx, e.Kube, crowd.Label, crowd.Used) {
			return &crowd
		}
	}
	return nil
}

// describe adds to what the members answered what Kubernetes knows.
func describe(c *cluster.Cluster, s *report.Status) {
	s.Cluster, s.Namespace = c.Name, c.Namespace
	s.Owner = report.Owner{Kind: string(c.Owner.Kind), Name: c.Owner.Name, Text: c.Owner.String()}
	s.ClientTLS = clientTLS(c)
	s.Sealed, s.Seal = c.Seal.State == cluster.SealClosed, c.Seal.String()
	s.Operation = c.Operation.Text
	for i := range c.Around.Services {
		if b, found := cluster.BalancerOf(&c.Around.Services[i]); found {
			s.LoadBalancers = append(s.LoadBalancers, report.LoadBalancer(b))
		}
	}
	s.Incomplete = c.Around.Incomplete
	explainSilence(c, s.Members)
	for i, m := range s.Members {
		if place, found := c.Member(m.Name); found && m.Version != "" && m.QuotaBytes == 0 {
			s.Members[i].QuotaBytes = place.Server.QuotaBytes() // etcd tells it since 3.6
		}
	}
}

// clientTLS reports whether every member serves clients over TLS, or nil where that cannot be told.
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

// explainSilence adds to a member that does not answer, though its container runs, what is with its node, or how that
// container last ended.
func explainSilence(c *cluster.Cluster, members []report.Member) {
	for i := range members {
		m := &members[i]
		place, found := c.Member(m.Name)
		if !found || m.Version != "" || place.Trouble() != "" {
			continue
		}
		if place.News != "" {
			m.Reason, _, _ = strings.Cut(place.News, ":")
			m.Error = fmt.Sprintf("%s (%s)", m.Error, place.News)
		} else if last := place.LastExit(); last != "" {
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
