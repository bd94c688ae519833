package connect

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// pool makes the calls of clients over channels to pods that belong to one etcd cluster. Discovery only knows the pods'
// settings, and etcd can differ: three pods whose settings do not name each other are three clusters. gRPC's balancer
// would use any endpoint that connects first.
type pool struct {
	cluster     *cluster.Cluster
	links       map[string]*link // by pod name
	checkedPods []string         // the pods whose IDs are compared
	size        int              // number of members that discovery found
	next        atomic.Uint32

	mu    sync.Mutex
	check *clusterCheck // nil until the first call
}

// clusterCheck is the result of comparing the pods' cluster IDs and member IDs.
type clusterCheck struct {
	done    chan struct{}
	cluster uint64
	members map[uint64]string // pod name by member ID, of those that answered. Guarded by the pool's mu once done is closed
	err     error
}

func (c *Connection) newPool() *pool {
	p := &pool{cluster: c.cluster, links: map[string]*link{}, size: len(c.cluster.Members)}
	for _, m := range c.cluster.Members {
		p.links[m.PodName] = &link{pod: m.PodName, open: c.open}
		if c.secrets.User.Password != "" && m.PodProblem() == "" { // with a password, Member clients of all pods log in
			p.checkedPods = append(p.checkedPods, m.PodName)
		}
	}
	if len(p.checkedPods) == 0 {
		for _, m := range c.cluster.Serving() {
			p.checkedPods = append(p.checkedPods, m.PodName)
		}
	}
	return p
}

func (p *pool) close() {
	for _, l := range p.links {
		l.close()
	}
}

// connectAll connects to pods concurrently, and sends each attempt when it is done.
func (p *pool) connectAll(ctx context.Context, pods []string) <-chan *attempt {
	results := make(chan *attempt, len(pods))
	for _, pod := range pods {
		a := p.links[pod].connect(ctx)
		go func() {
			<-a.done
			results <- a
		}()
	}
	return results
}

// ensureOneCluster returns an error if the pods do not belong to one cluster. The check runs once. If no pod answered,
// the next call repeats it.
func (p *pool) ensureOneCluster(ctx context.Context) error {
	p.mu.Lock()
	s := p.check
	if s == nil {
		s = &clusterCheck{done: make(chan struct{})}
		p.check = s
		go p.runCheck(context.WithoutCancel(ctx), s)
	}
	p.mu.Unlock()
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return unsentError{ctx.Err()}
	}
}

func (p *pool) runCheck(ctx context.Context, s *clusterCheck) {
	defer close(s.done)
	answers, err := p.agree(ctx)
	switch {
	case err != nil:
		s.err = unsentError{err}
		p.mu.Lock()
		p.check = nil
		p.mu.Unlock()
		return
	case mixed(answers):
		s.err = &MixedError{Namespace: p.cluster.Namespace, Cluster: p.cluster.Name, answers: answers, status: p.cluster.Command("status")}
		return
	}
	s.members = map[uint64]string{}
	for pod, at := range answers {
		s.cluster, s.members[at.member] = at.cluster, pod
	}
}

// admit returns a *MixedError for a channel whose member is not of the cluster. It covers pods that answered after the
// check, or that were recreated.
func (p *pool) admit(pod string, at memberID) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.check
	other := s.members[at.member]
	if at.cluster == s.cluster && (other == "" || other == pod) {
		s.members[at.member] = pod
		return nil
	}
	answers := map[string]memberID{pod: at}
	for member, pod := range s.members {
		if _, found := answers[pod]; !found {
			answers[pod] = memberID{s.cluster, member}
		}
	}
	return &MixedError{Namespace: p.cluster.Namespace, Cluster: p.cluster.Name, answers: answers, status: p.cluster.Command("status")}
}

// member returns a channel to the member in a pod.
func (p *pool) member(ctx context.Context, pod string) (*channel, error) {
	a := p.links[pod].connect(ctx) // concurrently with the check: its own failure is reported first
	s, err := a.wait(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.ensureOneCluster(ctx); err != nil {
		return nil, err
	}
	return s, p.admit(pod, s.at)
}

// any returns an open channel to one of the pods, in turn. It waits for the first to answer if none is open.
func (p *pool) any(ctx context.Context, pods []string) (*channel, error) {
	if err := p.ensureOneCluster(ctx); err != nil {
		return nil, err
	}
	first := int(p.next.Add(1))
	for i := range pods {
		pod := pods[(first+i)%len(pods)]
		if s := p.links[pod].connect(ctx).live(); s != nil && p.admit(pod, s.at) == nil {
			return s, nil
		}
	}
	return p.first(ctx, pods)
}

// first returns a channel to the pod that answers first.
func (p *pool) first(ctx context.Context, pods []string) (*channel, error) {
	results := p.connectAll(ctx, pods)
	var failure error
	for range pods {
		select {
		case a := <-results:
			err := a.err
			if err == nil {
				err = p.admit(a.pod, a.channel.at)
			}
			if err == nil {
				return a.channel, nil
			}
			failure = firstOf(failure, err)
		case <-ctx.Done():
			return nil, unsentError{ctx.Err()}
		}
	}
	return nil, unsentError{failure}
}

// route returns the channel for a call.
type route func(context.Context) (*channel, error)

// through returns the route of a client of the given members, or nil if it may use its own connection. A client needs
// the pool if it has several members, or if it logs in with a password and the cluster has several members.
func (c *Connection) through(members []cluster.Member) route {
	if len(members) == 1 {
		if c.secrets.User.Password == "" || len(c.cluster.Members) == 1 {
			return nil
		}
		return func(ctx context.Context) (*channel, error) { return c.pool.member(ctx, members[0].PodName) }
	}
	var pods []string
	for _, m := range members {
		pods = append(pods, m.PodName)
	}
	return func(ctx context.Context) (*channel, error) { return c.pool.any(ctx, pods) }
}

// unary makes a call over the route's channel, or over the client's own connection if there is no route.
func (r route) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if r == nil {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	s, err := r(ctx)
	if err != nil {
		return err
	}
	return s.conn.Invoke(ctx, method, req, reply, opts...)
}

func (r route) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	if r == nil {
		return open(ctx, desc, cc, method, opts...)
	}
	s, err := r(ctx)
	if err != nil {
		return nil, err
	}
	return s.conn.NewStream(ctx, desc, method, opts...)
}

// CheckOneCluster returns a *MixedError if the members that answer belong to several etcd clusters. A member that does not answer
// is not an error.
func (c *Connection) CheckOneCluster(ctx context.Context) error {
	if len(c.pool.checkedPods) < 2 {
		return nil
	}
	if err := c.pool.ensureOneCluster(ctx); IsMixed(err) {
		return err
	}
	return nil
}

// CheckMember returns an error if the member does not answer, and a *MixedError if it is of another cluster than the other
// members.
func (c *Connection) CheckMember(ctx context.Context, m cluster.Member) error {
	if c.pool.links[m.PodName] == nil {
		return fmt.Errorf("etcd cluster %s/%s has no member in pod %q", c.cluster.Namespace, c.cluster.Name, m.PodName)
	}
	_, err := c.pool.member(ctx, m.PodName)
	return err
}
