package certificates

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/roll"
)

// MemberShown is what one member presents in TLS handshakes, or the error of reading it.
type MemberShown struct {
	Place          cluster.Member
	Clients, Peers connect.Handshake
	Err            error
}

// Show returns what each member of a cluster presents in TLS handshakes. It connects to all at the same time, and needs neither
// a client certificate nor a quorum.
func Show(ctx context.Context, e lifecycle.Env, c *cluster.Cluster) []MemberShown {
	conn := connect.OpenWithoutTLS(e.Config, e.Kube, c)
	defer func() { _ = conn.Close() }()
	shown := make([]MemberShown, len(c.Members))
	var wg sync.WaitGroup
	for i, m := range c.Members {
		wg.Go(func() { shown[i] = show(ctx, e, conn, m) })
	}
	wg.Wait()
	return shown
}

func show(ctx context.Context, e lifecycle.Env, conn *connect.Connection, m cluster.Member) MemberShown {
	ctx, cancel := context.WithTimeout(ctx, e.MemberLimit)
	defer cancel()
	s := MemberShown{Place: m}
	if trouble := m.PodProblem(); trouble != "" {
		s.Err = errors.New(trouble)
		return s
	}
	if m.Server.Scheme == "https" {
		s.Clients, s.Err = conn.Handshake(ctx, m)
	}
	if s.Err == nil && m.Server.Peers.Scheme == "https" {
		s.Peers, s.Err = conn.PeerHandshake(ctx, m)
	}
	return s
}

// awaitMembers waits until every running member presents the right certificates: lacks returns what is still wrong with a
// member's, or "". what says what the wait is for.
func awaitMembers(ctx context.Context, e lifecycle.Env, what string, lacks func(MemberShown) string) error {
	tick := time.NewTicker(lifecycle.LookEvery)
	defer tick.Stop()
	defer e.Progress.Live()
	for {
		c, err := e.Find(ctx)
		if err != nil {
			return err
		}
		var lines []string
		for _, m := range Show(ctx, e, c) {
			switch text := lacks(m); {
			case m.Err != nil:
				lines = append(lines, m.Place.Name+": "+m.Err.Error())
			case text != "":
				lines = append(lines, m.Place.Name+": "+text)
			}
		}
		if len(lines) == 0 {
			return nil
		}
		if ctx.Err() == nil {
			e.Progress.Live(lines...)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return lifecycle.Stuck(what, lines, context.Cause(ctx))
		}
	}
}

// oldCertificate returns which of its two certificates a member still presents in an old version, or "".
func oldCertificate(m MemberShown, server, peer *x509.Certificate) string {
	switch {
	case !presents(m.Clients, server):
		return "serves its old certificate to clients"
	case !presents(m.Peers, peer):
		return "serves its old certificate to peers"
	}
	return ""
}

// presents reports whether the server's leaf certificate is c.
func presents(s connect.Handshake, c *x509.Certificate) bool {
	return len(s.Chain) > 0 && bytes.Equal(s.Chain[0].Raw, c.Raw)
}

// trusts reports whether a server accepts client certificates of these CAs, and of no others.
func trusts(s connect.Handshake, cas []*x509.Certificate) bool {
	for _, ca := range cas {
		if !s.Trusts(ca) {
			return false
		}
	}
	return len(s.Accepts) == len(cas)
}

// trustOutdated returns the reason to restart the members that do not trust exactly the CAs in clients and peers. etcd reads its
// CAs only when it starts (client/pkg/transport/listener.go, ServerConfig). It returns an error for a member that still does
// not trust them after maxRestarts: its CAs come from elsewhere, and another restart would not help.
func trustOutdated(e lifecycle.Env, clients, peers []*x509.Certificate) roll.Reason {
	const maxRestarts = 2
	pods := map[string]int{}     // by member: how many of its pods did not trust them
	counted := map[string]bool{} // UIDs of pods
	due := func(ctx context.Context, v *lifecycle.View) ([]cluster.Member, bool, error) {
		var members []cluster.Member
		for _, m := range Show(ctx, e, v.Cluster) {
			switch {
			case m.Err != nil && m.Place.PodProblem() == "":
				return nil, false, nil
			case m.Err != nil || trusts(m.Clients, clients) && trusts(m.Peers, peers):
				continue
			}
			if uid := string(m.Place.UID()); !counted[uid] {
				counted[uid] = true
				pods[m.Place.Name]++
			}
			if pods[m.Place.Name] > maxRestarts {
				return nil, false, fmt.Errorf("member %q was restarted %d times, and still does not trust the CAs in its Secrets (check which Secrets its pod mounts)", m.Place.Name, maxRestarts)
			}
			members = append(members, m.Place)
		}
		return members, true, nil
	}
	return roll.Reason{Why: "etcd reads its trusted CAs only at start", Due: due}
}
