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
	Dial    Dial

	Credentials *credentials.Set // nil where there are none: a client may have its own
	Files       Files            // that the user gave
	SkipVerify  bool

	InPod func(context.Context, cluster.Member) bool // whether etcdctl could do there what it cannot do here; nil is yes

	Limit time.Duration // how long a member may take to show its certificate
	Note  Note
}

// Open is a session with its ports taken, not yet served.
type Open struct {
	*Proxy
	Environment Environment
	session     Session
	asked       []cluster.Member
	remove      func()
}

// Open takes the ports and makes out what a client has to know.
func (s Session) Open(ctx context.Context) (*Open, error) {
	members, asked, err := s.members()
	if err != nil {
		return nil, err
	}
	p, err := Listen(ctx, members, s.Port)
	if err != nil {
		return nil, err
	}
	o := &Open{Proxy: p, session: s, asked: asked}
	o.Environment.Endpoints = s.endpoints(ctx, p, asked)
	if err := o.identify(); err != nil {
		o.Close()
		return nil, err
	}
	return o, nil
}

// Serve serves until ctx ends.
func (o *Open) Serve(ctx context.Context) { o.Proxy.Serve(ctx, o.session.Dial, o.session.Note) }

// Run serves while a command runs. It is not even started where it is certain that no member can be reached.
func (o *Open) Run(ctx context.Context, c Command) error {
	if err := o.session.refused(ctx, o.asked); err != nil {
		return err
	}
	c.Env = o.Environment.Variables(true)
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
	if o.remove != nil {
		o.remove()
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

// endpoints returns the URLs of the members that a client is to ask, in the members' order.
func (s Session) endpoints(ctx context.Context, p *Proxy, asked []cluster.Member) []string {
	ctx, cancel := context.WithTimeout(ctx, s.Limit)
	defer cancel()
	urls, problems := make([]string, len(p.Ports)), make([]string, len(p.Ports))
	var looking sync.WaitGroup
	for i, port := range p.Ports {
		if !slices.ContainsFunc(asked, func(m cluster.Member) bool { return m.PodName == port.Member.PodName }) {
			s.Note("member %q is not Ready, and so not among the endpoints (it is at %s)", port.Member.Name, port.Address())
			continue
		}
		looking.Go(func() { urls[i], problems[i] = s.endpoint(ctx, port) })
	}
	looking.Wait()
	empty := func(text string) bool { return text == "" }
	if problems = slices.DeleteFunc(problems, empty); len(problems) > 0 {
		s.Note("%s", problems[0]) // certificates of one cluster are mostly alike
	}
	return slices.DeleteFunc(urls, empty)
}

func (s Session) endpoint(ctx context.Context, port *Port) (url, problem string) {
	host := loopback
	scheme := s.scheme(port.Member)
	if scheme == "https" && !s.SkipVerify {
		host, problem = s.hostFor(ctx, port.Member)
	}
	return fmt.Sprintf("%s://%s:%d", scheme, host, port.Number()), problem
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
	o.Environment.Files, o.remove, err = write(*found, s.Files)
	return err
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
