package connect

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// pool makes the calls of clients over channels to pods that are known to be of one etcd cluster. Discovery goes by what
// pods are told in their settings; only etcd knows what became of it: three pods that were never told of one another are
// three clusters. gRPC's own balancer would use whichever endpoint connects first.
type pool struct {
	cluster *cluster.Cluster
	links   map[string]*link // by pod
	asked   []string         // the pods that must agree
	size    int              // how many members there should be
	turn    atomic.Uint32

	mu      sync.Mutex
	settled *settlement // nil where nobody was asked yet
}

// settlement is what the pods said of their cluster when they were asked.
type settlement struct {
	done    chan struct{}
	cluster uint64
	members map[uint64]string // by ID: the pod of each that answered. Guarded by the pool's mu once done is closed
	err     error
}

func (c *Connection) newPool() *pool {
	p := &pool{cluster: c.cluster, links: map[string]*link{}, size: len(c.cluster.Members)}
	for _, m := range c.cluster.Members {
		p.links[m.PodName] = &link{pod: m.PodName, open: c.open}
		if c.secrets.User.Password != "" && m.Trouble() == "" { // whoever asks each member logs in there
			p.asked = append(p.asked, m.PodName)
		}
	}
	if len(p.asked) == 0 {
		for _, m := range c.cluster.Serving() {
			p.asked = append(p.asked, m.PodName)
		}
	}
	return p
}

func (p *pool) close() {
	for _, l := range p.links {
		l.close()
	}
}

// connectAll connects to pods, and sends each attempt when it is through.
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

// settle makes sure that the pods are of one cluster. They are asked once; where nobody answered, again with the next call.
func (p *pool) settle(ctx context.Context) error {
	p.mu.Lock()
	s := p.settled
	if s == nil {
		s = &settlement{done: make(chan struct{})}
		p.settled = s
		go p.ask(context.WithoutCancel(ctx), s)
	}
	p.mu.Unlock()
	select {
	case <-s.done:
		return s.err
	case <-ctx.Done():
		return unsentError{ctx.Err()}
	}
}

func (p *pool) ask(ctx context.Context, s *settlement) {
	defer close(s.done)
	answers, err := p.agree(ctx)
	switch {
	case err != nil:
		s.err = unsentError{err}
		p.mu.Lock()
		p.settled = nil
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

// admit returns an error for a channel that is not with a member of the cluster: a pod that answers late, or again.
func (p *pool) admit(pod string, at place) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.settled
	other := s.members[at.member]
	if at.cluster == s.cluster && (other == "" || other == pod) {
		s.members[at.member] = pod
		return nil
	}
	answers := map[string]place{pod: at}
	for member, pod := range s.members {
		if _, found := answers[pod]; !found {
			answers[pod] = place{s.cluster, member}
		}
	}
	return &MixedError{Namespace: p.cluster.Namespace, Cluster: p.cluster.Name, answers: answers, status: p.cluster.Command("status")}
}

// member returns a channel to the member in a pod.
func (p *pool) member(ctx context.Context, pod string) (*channel, error) {
	a := p.links[pod].connect(ctx) // meanwhile: what is wrong with it is told before what is wrong with others
	s, err := a.wait(ctx)
	if err != nil {
		return nil, err
	}
	if err := p.settle(ctx); err != nil {
		return nil, err
	}
	return s, p.admit(pod, s.at)
}

// any returns a channel to the next of some pods that has one.
func (p *pool) any(ctx context.Context, pods []string) (*channel, error) {
	if err := p.settle(ctx); err != nil {
		return nil, err
	}
	first := int(p.turn.Add(1))
	for i := range pods {
		pod := pods[(first+i)%len(pods)]
		if s := p.links[pod].connect(ctx).live(); s != nil && p.admit(pod, s.at) == nil {
			return s, nil
		}
	}
	return p.first(ctx, pods)
}

// first returns a channel to the first of some pods that answers.
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

// route finds the channel that a call is made over.
type route func(context.Context) (*channel, error)

// through has a client of some members make its calls over the pool: one of several, or one that logs in with a password
// where there are others.
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

// unary makes a call over the channel; without a route it leaves that to the client's own connection.
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

// Agree returns a *MixedError where the members that answer are not of one etcd cluster. That some or all do not answer is
// no error.
func (c *Connection) Agree(ctx context.Context) error {
	if len(c.pool.asked) < 2 {
		return nil
	}
	if err := c.pool.settle(ctx); Several(err) {
		return err
	}
	return nil
}

// Admit makes sure that a member answers, and is of the cluster that the others are of: a *MixedError says that it is not.
func (c *Connection) Admit(ctx context.Context, m cluster.Member) error {
	if c.pool.links[m.PodName] == nil {
		return fmt.Errorf("etcd cluster %s/%s has no member in pod %q", c.cluster.Namespace, c.cluster.Name, m.PodName)
	}
	_, err := c.pool.member(ctx, m.PodName)
	return err
}
