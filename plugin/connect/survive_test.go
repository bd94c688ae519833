package connect

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// TestSurvives interrupts each part of the connection to a member during a watch and writes. The same clients must
// continue, and the watch must miss no event.
func TestSurvives(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		fail func(t *testing.T, s *kubetest.APIServer, way *etcdtest.Proxy, m *etcdtest.Member)
	}{
		{"the API server is killed", func(_ *testing.T, _ *kubetest.APIServer, way *etcdtest.Proxy, _ *etcdtest.Member) {
			way.Cut()
			time.Sleep(300 * time.Millisecond)
			way.Mend()
		}},
		{"the kubelet ends the session", func(_ *testing.T, s *kubetest.APIServer, _ *etcdtest.Proxy, _ *etcdtest.Member) {
			s.EndSessions()
		}},
		{"the pod restarts", func(t *testing.T, _ *kubetest.APIServer, _ *etcdtest.Proxy, m *etcdtest.Member) {
			m.Stop()
			time.Sleep(300 * time.Millisecond)
			m.Restart(t)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			kubetest.EachTransport(t, func(t *testing.T, s *kubetest.APIServer) {
				t.Parallel()
				member := etcdtest.Start(t, 1, nil).Members[0]
				s.Backend = member.Endpoint[len("http://"):]
				s.Serve(t)
				way := etcdtest.Through(t, s.URL)
				s.URL = way.Endpoint
				conn := open(t, s)
				client, err := conn.Member(conn.cluster.Members[0])
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				watch := client.Watch(ctx, "k")
				putUntilDone(t, client, "before")
				tc.fail(t, s, way, member)
				putUntilDone(t, client, "after")
				// A resumed watch may deliver both changes at once, and a retried put may be two changes.
				var seen []string
				revision := int64(0)
				for !slices.Contains(seen, "after") {
					got := <-watch
					if got.Err() != nil || ctx.Err() != nil {
						t.Fatalf("watch: %v (%v) after %q", got.Err(), ctx.Err(), seen)
					}
					for _, event := range got.Events {
						seen = append(seen, string(event.Kv.Value))
						if event.Kv.ModRevision <= revision {
							t.Errorf("the watch told revision %d after %d", event.Kv.ModRevision, revision)
						}
						revision = event.Kv.ModRevision
					}
				}
				if diff := cmp.Diff([]string{"before", "after"}, slices.Compact(seen)); diff != "" {
					t.Errorf("what the watch told (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// putUntilDone retries for as long as a command may take. A put whose connection is closed fails, and may have been
// applied.
func putUntilDone(t *testing.T, client *clientv3.Client, value string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, err := client.Put(ctx, "k", value)
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("put %q: %v", value, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}
