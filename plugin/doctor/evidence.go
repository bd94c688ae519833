package doctor

import (
	"context"
	"net"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// hashLimit bounds how long members may take to hash their stores: they read every key.
const hashLimit = 15 * time.Second

// evidence is the state of a cluster, read at about one moment. The checks judge it and read nothing else.
type evidence struct {
	now     time.Time
	cluster *cluster.Cluster
	status  report.Status
	members []memberEvidence // in the order of the status

	hashes       []report.MemberHash
	hashRevision int64
}

// memberEvidence is the evidence of one member.
type memberEvidence struct {
	report.Member
	kubeMember cluster.Member // the zero value if Kubernetes has no such member
	metrics    observed[scrape]
	clock      observed[clock]
	clients    listener
	peers      listener
	data       observed[data]
}

// observed is a value that was read, or why it is missing.
type observed[T any] struct {
	value   T
	missing string
}

func observe[T any](value T, err error) observed[T] {
	if err != nil {
		return observed[T]{missing: err.Error()}
	}
	return observed[T]{value: value}
}

// dialer reaches a member's ports. A *connect.Connection implements it.
type dialer interface {
	HTTPClient(m cluster.Member) *http.Client
	Dial(ctx context.Context, m cluster.Member) (net.Conn, error)
	DialPort(ctx context.Context, m cluster.Member, port int) (net.Conn, error)
}

// gatherer collects the evidence of members. Each request takes at most limit.
type gatherer struct {
	kube   kubernetes.Interface
	dialer dialer
	limit  time.Duration
}

// gather collects all evidence concurrently: a member that hangs delays no other.
func gather(ctx context.Context, env lifecycle.Env, v *lifecycle.View) *evidence {
	e := &evidence{now: time.Now(), cluster: v.Cluster, status: v.Status, members: make([]memberEvidence, len(v.Status.Members))}
	g := gatherer{kube: env.Kube, dialer: v.Conn, limit: env.MemberLimit}
	var wg sync.WaitGroup
	for i, m := range v.Status.Members {
		kubeMember, _ := v.Cluster.Member(m.Name)
		e.members[i] = memberEvidence{Member: m, kubeMember: kubeMember}
		g.collect(ctx, &wg, &e.members[i])
	}
	wg.Go(func() { e.hashes, e.hashRevision = hashes(ctx, v) })
	wg.Wait()
	return e
}

// hashes has the members that answered hash their stores up to the newest revision that all of them have, and returns
// that revision too.
func hashes(ctx context.Context, v *lifecycle.View) ([]report.MemberHash, int64) {
	var answered []etcd.Member
	var revision int64
	for _, m := range v.Members {
		row, _ := v.Status.Member(m.Name)
		if row.Version == "" {
			continue
		}
		answered = append(answered, m)
		if revision == 0 || row.Revision < revision {
			revision = row.Revision
		}
	}
	if len(answered) < 2 {
		return nil, 0
	}
	return etcd.Hashes(ctx, answered, revision, hashLimit), revision
}
