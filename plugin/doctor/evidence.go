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

// hashLimit bounds how long members may take to hash their stores: they read all of it.
const hashLimit = 15 * time.Second

// evidence is what was seen of a cluster, all of it at about one moment. The checks judge it, and look no further.
type evidence struct {
	now     time.Time
	cluster *cluster.Cluster
	status  report.Status
	members []seen // those of the status, in its order

	hashes       []report.MemberHash
	hashRevision int64
}

// seen is what was seen of one member.
type seen struct {
	report.Member
	place   cluster.Member // the zero value where it has none in Kubernetes
	metrics observed[scrape]
	clock   observed[clock]
	clients listener
	peers   listener
	data    observed[data]
}

// observed is something that was looked at, or why it could not be.
type observed[T any] struct {
	value   T
	missing string
}

func observe[T any](it T, err error) observed[T] {
	if err != nil {
		return observed[T]{missing: err.Error()}
	}
	return observed[T]{value: it}
}

// reach is how a member's other ports are reached; a *connect.Connection does it.
type reach interface {
	HTTPClient(m cluster.Member) *http.Client
	Dial(ctx context.Context, m cluster.Member) (net.Conn, error)
	DialPort(ctx context.Context, m cluster.Member, port int) (net.Conn, error)
}

// gatherer looks at members, each for no longer than limit.
type gatherer struct {
	kube  kubernetes.Interface
	reach reach
	limit time.Duration
}

// gather looks at everything at the same time: a member that hangs holds up none of the others.
func gather(ctx context.Context, env lifecycle.Env, v *lifecycle.View) *evidence {
	e := &evidence{now: time.Now(), cluster: v.Cluster, status: v.Status, members: make([]seen, len(v.Status.Members))}
	g := gatherer{kube: env.Kube, reach: v.Conn, limit: env.MemberLimit}
	var wg sync.WaitGroup
	for i, m := range v.Status.Members {
		place, _ := v.Cluster.Member(m.Name)
		e.members[i] = seen{Member: m, place: place}
		g.look(ctx, &wg, &e.members[i])
	}
	wg.Go(func() { e.hashes, e.hashRevision = hashes(ctx, v) })
	wg.Wait()
	return e
}

// hashes has the members that answered hash their stores up to the newest revision that all of them have.
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
