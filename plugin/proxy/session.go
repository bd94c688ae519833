package proxy

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// Session says what is to be proxied, and for whom.
type Session struct {
	Cluster *cluster.Cluster
	Member  string // the only one; "" is every member
	Port    int    // of the first member; 0 is any that is free
	Ways    Ways

	Credentials  *credentials.Set // nil where there are none: a client may have its own
	Find         Find             // finds them again
	RefreshEvery time.Duration    // the pause between that; 0 is a while
	Files        Files            // that the user gave
	SkipVerify   bool

	InPod func(context.Context, cluster.Member) bool // whether etcdctl could do there what it cannot do here; nil is yes

	Limit time.Duration // how long a member may take to show its certificate
	Note  Note
}

// Find finds the credentials for a cluster.
type Find func(context.Context) (*credentials.Set, error)

// Open is a session with its ports taken, not yet served.
type Open struct {
	*Proxy
	Environment Environment
	session     Session
	asked       []cluster.Member
	kept        *kept // nil where no file is written
}

// Open takes the ports and makes out what a client has to know. It fails where it is certain that no member can be
// reached.
func (s Session) Open(ctx context.Context) (*Open, error) {
	members, asked, err := s.members()
	if err != nil {
		return nil, err
	}
	if err := s.refused(ctx, asked); err != nil {
		return nil, err
	}
	p, err := Listen(ctx, members, s.Port)
	if err != nil {
		return nil, err
	}
	o := &Open{Proxy: p, session: s, asked: asked}
	o.Environment.Endpoints, o.Environment.HTTP = s.endpoints(ctx, p, asked)
	o.Environment.Connect = p.Connect.URL()
	if err := o.identify(); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// Serve serves until ctx ends, and keeps the files up to date.
func (o *Open) Serve(ctx context.Context) {
	var refreshing sync.WaitGroup
	refreshing.Go(func() { o.refresh(ctx) })
	defer refreshing.Wait()
	o.Proxy.Serve(ctx, o.session.Ways, o.session.Note)
}

// Run serves while a command runs. With advertised the command reaches the members by the addresses that they advertise
// as well, and nothing else but what it reaches without a proxy.
func (o *Open) Run(ctx context.Context, c Command, advertised bool) error {
	c.Env = o.Environment.Variables(true)
	if advertised {
		c.Env = append(c.Env, o.Environment.advertised()...)
	}
	life, end := context.WithCancel(context.WithoutCancel(ctx)) // the command ends by itself
	var serving sync.WaitGroup
	serving.Go(func() { o.Serve(life) })
	defer serving.Wait()
	defer end()
	return c.Run(ctx)
}

// Close gives the ports back and takes the files away.
func (o *Open) Close() {
	o.Proxy.Close()
	if o.kept != nil {
		o.kept.remove()
	}
}

// members returns those that get a port, and those of them that a client is to ask.
func (s Session) members() (all, asked []cluster.Member, err error) {
	name := s.Cluster.Namespace + "/" + s.Cluster.Name
	if s.Member != "" {
		m, ok := s.Cluster.Member(s.Member)
		if !ok {
			return nil, nil, fmt.Errorf("etcd cluster %s has no member %q (see %q)", name, s.Member, s.Cluster.Command("members"))
		}
		return []cluster.Member{m}, []cluster.Member{m}, nil
	}
	asked = s.Cluster.Serving()
	if len(asked) == 0 {
		return nil, nil, s.Cluster.NoneRuns()
	}
	return s.Cluster.Members, asked, nil
}

// endpoints returns the URLs of the members that a client is to ask, and those of their HTTP, in the members' order.
func (s Session) endpoints(ctx context.Context, p *Proxy, asked []cluster.Member) (grpc, http []string) {
	ctx, cancel := context.WithTimeout(ctx, s.Limit)
	defer cancel()
	urls, gateways, problems := make([]string, len(p.Ports)), make([]string, len(p.Ports)), make([]string, len(p.Ports))
	var looking sync.WaitGroup
	for i, port := range p.Ports {
		if !slices.ContainsFunc(asked, func(m cluster.Member) bool { return m.PodName == port.Member.PodName }) {
			s.Note("member %q is not Ready, and so not among the endpoints (it is at %s)", port.Member.Name, port.Address())
			continue
		}
		looking.Go(func() {
			var host string
			host, problems[i] = s.host(ctx, port.Member)
			urls[i] = fmt.Sprintf("%s://%s:%d", s.scheme(port.Member), host, port.Number())
			gateways[i] = urls[i]
			if h := p.HTTPOf(port); h != port {
				gateways[i] = fmt.Sprintf("%s://%s:%d", h.Member.Server.HTTP.Scheme, host, h.Number())
			}
		})
	}
	looking.Wait()
	empty := func(text string) bool { return text == "" }
	if problems = slices.DeleteFunc(problems, empty); len(problems) > 0 {
		s.Note("%s", problems[0]) // certificates of one cluster are mostly alike
	}
	return slices.DeleteFunc(urls, empty), slices.DeleteFunc(gateways, empty)
}

// host returns the name under which a client finds a member on this machine.
func (s Session) host(ctx context.Context, m cluster.Member) (host, problem string) {
	if s.scheme(m) != "https" || s.SkipVerify {
		return loopback, ""
	}
	return s.hostFor(ctx, m)
}

// scheme is the member's, or, where its pod does not tell, what the user's flags are for.
func (s Session) scheme(m cluster.Member) string {
	switch {
	case m.Server.Scheme != "":
		return m.Server.Scheme
	case s.Credentials != nil && s.Credentials.TLS(m.PodName) != nil:
		return "https"
	}
	return "http"
}

// identify adds what a client takes to be trusted, and to trust. What cannot be found a client may have itself.
func (o *Open) identify() error {
	s := o.session
	o.Environment.SkipVerify = s.SkipVerify
	if s.Credentials == nil {
		return nil
	}
	o.Environment.User, o.Environment.Password = s.Credentials.User.Name, s.Credentials.User.Password
	found, err := s.material(o.asked)
	if err != nil {
		s.Note("%v; the client has to bring its own certificates", err)
	}
	if found == nil {
		return nil
	}
	if o.kept, err = keep(*found, s.Files); err != nil {
		return err
	}
	o.Environment.Files = o.kept.Files
	return nil
}

// material returns what TLS with the first member takes for which it was found, or nil.
func (s Session) material(asked []cluster.Member) (*credentials.PEM, error) {
	var failure error
	for _, m := range asked {
		t := s.Credentials.TLS(m.PodName)
		if t == nil || s.scheme(m) != "https" {
			continue
		}
		found, err := t.PEM()
		if err == nil {
			return &found, nil
		}
		failure = err
	}
	return nil, failure
}
