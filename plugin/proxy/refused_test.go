package proxy

import (
	"context"
	"errors"
	"net"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// TestOpenFailsIfNoMemberIsReachable has members that certainly cannot be reached, and ones that may answer
// later.
func TestOpenFailsIfNoMemberIsReachable(t *testing.T) {
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "pods"}, "a", errors.New("no"))
	elsewhere := errors.New("etcd listens on the pod's address only")
	for name, c := range map[string]struct {
		failures    map[string]error
		unreachable string
		want        error
	}{
		"nobody may":            {map[string]error{"a": forbidden, "b": forbidden}, "", forbidden},
		"nothing listens there": {map[string]error{"a": elsewhere, "b": elsewhere}, "etcd listens on the pod's address only", elsewhere},
		"one is down, one may":  {map[string]error{"a": forbidden, "b": errors.New("connection refused")}, "", nil},
		"one can be reached":    {map[string]error{"a": forbidden}, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAuthority(t, "127.0.0.1")
			s, _ := session(t, tlsServer(t, a), a, credentials.Flags{}, place("a", true), place("b", true))
			for i := range s.Cluster.Members {
				s.Cluster.Members[i].Server.Unreachable = c.unreachable
			}
			dial := s.Ways.Clients
			s.Ways.Clients = func(ctx context.Context, m cluster.Member) (net.Conn, error) {
				if err := c.failures[m.Name]; err != nil {
					return nil, err
				}
				return dial(ctx, m)
			}
			run, out := command("echo", "ran")
			o, err := s.Open(t.Context())
			if err == nil {
				err = o.Run(t.Context(), run, false)
				o.Close()
			}
			if !errors.Is(err, c.want) || (out.String() == "ran\n") != (c.want == nil) {
				t.Errorf("%v, want %v; it printed %q", err, c.want, out)
			}
		})
	}
}
