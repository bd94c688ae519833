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

// MemberShown is what one member shows whoever connects to it, or why that could not be seen.
type MemberShown struct {
	Place          cluster.Member
	Clients, Peers connect.Shown
	Err            error
}

// Show sees what the members of a cluster show, all at the same time. It takes no certificate, and no quorum.
func Show(ctx context.Context, e lifecycle.Env, c *cluster.Cluster) []MemberShown {
	conn := connect.Raw(e.Config, e.Kube, c)
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
	if trouble := m.Trouble(); trouble != "" {
		s.Err = errors.New(trouble)
		return s
	}
	if m.Server.Scheme == "https" {
		s.Clients, s.Err = conn.Shown(ctx, m)
	}
	if s.Err == nil && m.Server.Peers.Scheme == "https" {
		s.Peers, s.Err = conn.ShownToPeers(ctx, m)
	}
	return s
}

// awaitMembers waits until what every running member shows is as it should be: lacks says what it is not, or "".
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

// showsOther says which of two certificates a member does not show yet, or "".
func showsOther(m MemberShown, server, peer *x509.Certificate) string {
	switch {
	case !first(m.Clients, server):
		return "shows clients its old certificate"
	case !first(m.Peers, peer):
		return "shows peers its old certificate"
	}
	return ""
}

func first(s connect.Shown, c *x509.Certificate) bool {
	return len(s.Chain) > 0 && bytes.Equal(s.Chain[0].Raw, c.Raw)
}

// trusts reports whether a server takes client certificates of these CAs, and of no others.
func trusts(s connect.Shown, cas []*x509.Certificate) bool {
	for _, ca := range cas {
		if !s.Trusts(ca) {
			return false
		}
	}
	return len(s.Accepts) == len(cas)
}

// trustChanged returns the members that do not trust whom they are to: etcd reads its CAs when it starts, and not again
// (client/pkg/transport/listener.go, ServerConfig). One that was restarted by this run and still does not has them from
// elsewhere, and restarting it for ever would not help.
func trustChanged(e lifecycle.Env, clients, peers []*x509.Certificate) roll.Reason {
	const most = 2
	tries := map[string]int{}
	seen := map[string]bool{}
	due := func(ctx context.Context, v *lifecycle.View) ([]cluster.Member, bool, error) {
		var members []cluster.Member
		for _, m := range Show(ctx, e, v.Cluster) {
			switch {
			case m.Err != nil && m.Place.Trouble() == "":
				return nil, false, nil
			case m.Err != nil || trusts(m.Clients, clients) && trusts(m.Peers, peers):
				continue
			}
			if uid := string(m.Place.UID()); !seen[uid] {
				seen[uid] = true
				tries[m.Place.Name]++
			}
			if tries[m.Place.Name] > most {
				return nil, false, fmt.Errorf("member %q was restarted %d times, and still does not trust the CAs that its secrets hold (see what its pod mounts)", m.Place.Name, most)
			}
			members = append(members, m.Place)
		}
		return members, true, nil
	}
	return roll.Reason{Why: "it reads whom to trust when it starts", Due: due}
}
