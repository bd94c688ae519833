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

// Session is the configuration of a proxy: which members, with which credentials and ports.
type Session struct {
	Cluster *cluster.Cluster
	Member  string // the only member; "" is all members
	Port    int    // of the first member; 0 lets the kernel choose
	Ways    Ways

	Credentials  *credentials.Set // nil if there are none: a client may have its own
	Find         Find             // reads them again, for renewals
	RefreshEvery time.Duration    // interval of Find; 0 is refreshEvery
	Files        Files            // paths that the user gave
	SkipVerify   bool

	InPod func(context.Context, cluster.Member) bool // whether etcdctl in the member's pod can do TLS that a local client cannot; nil is yes

	Limit time.Duration // how long a member may take to present its certificate
	Note  Note
}

// Find reads the credentials of a cluster.
type Find func(context.Context) (*credentials.Set, error)

// Open is a session whose ports are open. Serve or Run serves them.
type Open struct {
	*Proxy
	Environment  Environment
	session      Session
	targets      []cluster.Member
	sessionFiles *sessionFiles // nil if no file was written
}

// Open opens the ports, and prepares the environment for clients. It returns an error if certainly no member can be
// reached.
func (s Session) Open(ctx context.Context) (*Open, error) {
	members, targets, err := s.members()
	if err != nil {
		return nil, err
	}
	if err := s.unreachable(ctx, targets); err != nil {
		return nil, err
	}
	p, err := Listen(ctx, members, s.Port)
	if err != nil {
		return nil, err
	}
	o := &Open{Proxy: p, session: s, targets: targets}
	o.Environment.Endpoints, o.Environment.HTTP = s.endpoints(ctx, p, targets)
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

// Run serves while a command runs. With advertised, the command also reaches the members by the addresses that they
// advertise. Its other connections through a proxy are refused.
func (o *Open) Run(ctx context.Context, c Command, advertised bool) error {
	c.Env = o.Environment.Variables(true)
	if advertised {
		c.Env = append(c.Env, o.Environment.advertised()...)
	}
	serveCtx, end := context.WithCancel(context.WithoutCancel(ctx)) // the command decides when it ends
	var serving sync.WaitGroup
	serving.Go(func() { o.Serve(serveCtx) })
	defer serving.Wait()
	defer end()
	return c.Run(ctx)
}

// Close closes the ports and removes the files.
func (o *Open) Close() {
	o.Proxy.Close()
	if o.sessionFiles != nil {
		o.sessionFiles.remove()
	}
}

// members returns the members that get a port, and those of them that are endpoints for clients.
func (s Session) members() (all, targets []cluster.Member, err error) {
	name := s.Cluster.Namespace + "/" + s.Cluster.Name
	if s.Member != "" {
		m, ok := s.Cluster.Member(s.Member)
		if !ok {
			return nil, nil, fmt.Errorf("etcd cluster %s has no member %q (see %q)", name, s.Member, s.Cluster.Command("members"))
		}
		return []cluster.Member{m}, []cluster.Member{m}, nil
	}
	targets = s.Cluster.Serving()
	if len(targets) == 0 {
		return nil, nil, s.Cluster.NoRunningMemberError()
	}
	return s.Cluster.Members, targets, nil
}

// endpoints returns the local URLs of the target members, and those for HTTP, in the members' order.
func (s Session) endpoints(ctx context.Context, p *Proxy, targets []cluster.Member) (grpc, http []string) {
	ctx, cancel := context.WithTimeout(ctx, s.Limit)
	defer cancel()
	urls, gateways, problems := make([]string, len(p.Ports)), make([]string, len(p.Ports)), make([]string, len(p.Ports))
	var looking sync.WaitGroup
	for i, port := range p.Ports {
		if !slices.ContainsFunc(targets, func(m cluster.Member) bool { return m.PodName == port.Member.PodName }) {
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
		s.Note("%s", problems[0]) // the certificates of one cluster mostly have the same problem
	}
	return slices.DeleteFunc(urls, empty), slices.DeleteFunc(gateways, empty)
}

// host returns the host in the member's local URL, and the problem if TLS cannot verify any.
func (s Session) host(ctx context.Context, m cluster.Member) (host, problem string) {
	if s.scheme(m) != "https" || s.SkipVerify {
		return loopback, ""
	}
	return s.hostFor(ctx, m)
}

// scheme returns the member's scheme. If the pod's settings do not have it, it is https if the user gave TLS
// credentials.
func (s Session) scheme(m cluster.Member) string {
	switch {
	case m.Server.Scheme != "":
		return m.Server.Scheme
	case s.Credentials != nil && s.Credentials.TLS(m.PodName) != nil:
		return "https"
	}
	return "http"
}

// identify adds the credentials to the environment. If the certificates cannot be found, it only prints a note, because
// a client may have its own.
func (o *Open) identify() error {
	s := o.session
	o.Environment.SkipVerify = s.SkipVerify
	if s.Credentials == nil {
		return nil
	}
	o.Environment.User, o.Environment.Password = s.Credentials.User.Name, s.Credentials.User.Password
	found, err := s.material(o.targets)
	if err != nil {
		s.Note("%v; the client needs its own certificates", err)
	}
	if found == nil {
		return nil
	}
	if o.sessionFiles, err = writeFiles(*found, s.Files); err != nil {
		return err
	}
	o.Environment.Files = o.sessionFiles.Files
	return nil
}

// material returns the TLS credentials of the first target member that has any, or nil.
func (s Session) material(targets []cluster.Member) (*credentials.PEM, error) {
	var failure error
	for _, m := range targets {
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
