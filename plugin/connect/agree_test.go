package connect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
)

// openPods opens a connection to pods etcd-0, etcd-1 and so on, which discovery takes for one cluster. Each is served
// by one of the endpoints.
func openPods(t *testing.T, given credentials.FlagValues, endpoints ...string) (*Connection, *kubetest.APIServer) {
	t.Helper()
	s := &kubetest.APIServer{Others: map[string]string{}}
	c := &cluster.Cluster{Name: "etcd", Namespace: "ns"}
	for i, endpoint := range endpoints {
		name := fmt.Sprintf("etcd-%d", i)
		s.Others[name] = strings.TrimPrefix(endpoint, "http://")
		c.Members = append(c.Members, cluster.Member{
			Name: name, PodName: name, Pod: kubetest.Pod(name, corev1.ConditionTrue), Server: cluster.Server{Scheme: "http", Port: 2379},
		})
	}
	s.Serve(t)
	kube := must[*kubernetes.Clientset](t)(kubernetes.NewForConfig(s.Config()))
	conn := must[*Connection](t)(Open(t.Context(), s.Config(), kube, c, given))
	t.Cleanup(func() { _ = conn.Close() })
	return conn, s
}

// alone starts members whose settings do not name each other. With the same peer URL in their settings, which is not
// the one that they listen on, they have the same IDs.
func alone(t *testing.T, n int, sameIDs bool) (members []*etcdtest.Member, endpoints []string) {
	t.Helper()
	for range n {
		m := etcdtest.Start(t, 1, func(cfg *embed.Config) {
			if sameIDs {
				cfg.Name, cfg.InitialCluster = "default", "default=http://localhost:2380"
				cfg.AdvertisePeerUrls = etcdtest.URLs(t, "http://localhost:2380")
			}
		}).Members[0]
		members, endpoints = append(members, m), append(endpoints, m.Endpoint)
	}
	return members, endpoints
}

// calls are the calls that commands make with a client of all members.
func calls(t *testing.T) map[string]func(*clientv3.Client) error {
	return map[string]func(*clientv3.Client) error{
		"put": func(c *clientv3.Client) error { _, err := etcd.Put(t.Context(), c, "k", []byte("v"), 0); return err },
		"put with a lease": func(c *clientv3.Client) error {
			_, err := etcd.Put(t.Context(), c, "k", []byte("v"), time.Minute)
			return err
		},
		"get": func(c *clientv3.Client) error { _, err := etcd.Get(t.Context(), c, etcd.Read{Key: "k"}); return err },
		"del": func(c *clientv3.Client) error { _, err := etcd.Delete(t.Context(), c, "kept", false); return err },
		"watch": func(c *clientv3.Client) error {
			return etcd.Watch{Key: "k", Note: func(string, ...any) {}}.Run(t.Context(), c)
		},
		"watch from a revision": func(c *clientv3.Client) error {
			return etcd.Watch{Key: "k", Rev: 1, Note: func(string, ...any) {}}.Run(t.Context(), c)
		},
		"auth status": func(c *clientv3.Client) error { _, err := etcd.ReadAuth(t.Context(), c, ""); return err },
		"auth user": func(c *clientv3.Client) error {
			_, err := etcd.AddUser(t.Context(), c, etcd.NewUser{Name: "app", Password: "pw"})
			return err
		},
	}
}

// TestSeveralClustersAreRefused opens members of several clusters as one cluster. Nothing may be written to any of
// them, and no password may be sent.
func TestSeveralClustersAreRefused(t *testing.T) {
	for name, sameIDs := range map[string]bool{"several cluster IDs": false, "the same IDs": true} {
		t.Run(name, func(t *testing.T) {
			members, endpoints := alone(t, 2, sameIDs)
			var before []int64
			for _, m := range members {
				resp, err := etcdtest.Client(t, m.Endpoint).Put(t.Context(), "kept", "v")
				if err != nil {
					t.Fatal(err)
				}
				before = append(before, resp.Header.Revision)
			}
			for name, call := range calls(t) {
				for who, given := range map[string]credentials.FlagValues{"nobody": {}, "a user": user(t, "root", "rootpw")} {
					conn, _ := openPods(t, given, endpoints...)
					begin := time.Now()
					err := call(must[*clientv3.Client](t)(conn.All()))
					if mixed := (*MixedError)(nil); !errors.As(err, &mixed) {
						t.Errorf("%s as %s: %v", name, who, err)
					} else if etcd.Ambiguous(err) {
						t.Errorf("%s as %s: %v is said to have been carried out, perhaps", name, who, err)
					}
					kubetest.WantError(t, err, `the pods "etcd-0", "etcd-1" in namespace "ns" do not belong to one etcd cluster`)
					kubetest.WantError(t, err, `(choose one pod for get, put, del, watch, auth, ctl and proxy: --member etcd-0 or --member etcd-1; "kubectl etcd status --etcd etcd -n ns" shows all of them)`)
					if took := time.Since(begin); took > 5*time.Second {
						t.Errorf("%s as %s: took %s", name, who, took)
					}
				}
			}
			// A client of one member with a password is refused too: the cluster of that password is unknown.
			conn, _ := openPods(t, user(t, "root", "rootpw"), endpoints...)
			kubetest.WantError(t, put("k")(must[*clientv3.Client](t)(conn.Member(conn.cluster.Members[0]))), "do not belong to one etcd cluster")
			for i, m := range members {
				resp, err := etcdtest.Client(t, m.Endpoint).Get(t.Context(), "kept")
				if err != nil {
					t.Fatal(err)
				}
				if resp.Header.Revision != before[i] || resp.Count != 1 {
					t.Errorf("member %d: something was written: revision %d, before %d", i, resp.Header.Revision, before[i])
				}
				if n := logins(t, m); n != 0 {
					t.Errorf("member %d was sent a password %d times", i, n)
				}
			}
		})
	}
}

func TestMixed(t *testing.T) {
	e := MixedError{Namespace: "ns", Cluster: "kv", status: "kubectl etcd status --etcd kv -n ns"}
	for name, test := range map[string]struct {
		answers map[string]memberID
		mixed   bool
		want    string
	}{
		"one":                {map[string]memberID{"a": {1, 1}}, false, ""},
		"one cluster":        {map[string]memberID{"a": {1, 1}, "b": {1, 2}}, false, ""},
		"several clusters":   {map[string]memberID{"a": {1, 1}, "b": {0xbeef, 2}}, true, `pod "a" is member 1 of cluster ID 1, pod "b" is member 2 of cluster ID beef (choose one pod`},
		"one member's twins": {map[string]memberID{"a": {1, 1}, "b": {1, 1}}, true, `pod "b" is member 1 of cluster ID 1; two clusters that were started with the same settings give a member the same ID (choose one pod`},
	} {
		e.answers = test.answers
		if got := mixed(test.answers); got != test.mixed || test.mixed && !strings.Contains(e.Error(), test.want) {
			t.Errorf("%s: %t, %v", name, got, &e)
		}
	}
}

// TestOneClusterServes has the members of one cluster serve a client of all, with and without a user, while any one of
// them is down.
func TestOneClusterServes(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	for who, given := range map[string]credentials.FlagValues{"nobody": {}, "a user": user(t, "root", "rootpw")} {
		for name, third := range map[string]string{"all": c.Members[2].Endpoint, "one refuses": "", "one hangs": etcdtest.Silent(t)} {
			conn, _ := openPods(t, given, c.Members[0].Endpoint, c.Members[1].Endpoint, third)
			begin := time.Now()
			client := must[*clientv3.Client](t)(conn.All())
			if _, err := etcd.Put(t.Context(), client, "k", []byte("v"), 0); err != nil {
				t.Errorf("%s as %s: %v", name, who, err)
			}
			if took := time.Since(begin); took > dialLimit/2 {
				t.Errorf("%s as %s: took %s", name, who, took)
			}
			asked := map[uint64]bool{}
			for range 6 {
				resp, err := client.Get(t.Context(), "k")
				if err != nil {
					t.Fatal(err)
				}
				asked[resp.Header.MemberId] = true
			}
			if len(asked) < 2 {
				t.Errorf("%s as %s: only %d members were asked", name, who, len(asked))
			}
			_ = conn.Close()
		}
	}
	enableAuth(t, etcdtest.Client(t, c.Members[0].Endpoint))
	conn, _ := openPods(t, user(t, "root", "rootpw"), c.Members[0].Endpoint, c.Members[1].Endpoint, c.Members[2].Endpoint)
	if err := put("k")(must[*clientv3.Client](t)(conn.All())); err != nil {
		t.Errorf("with authentication on: %v", err)
	}
	for _, m := range conn.cluster.Members {
		if err := put("k")(must[*clientv3.Client](t)(conn.Member(m))); err != nil {
			t.Errorf("member %s with authentication on: %v", m.Name, err)
		}
	}
	nobody, _ := openPods(t, credentials.FlagValues{}, c.Members[0].Endpoint, c.Members[1].Endpoint)
	kubetest.WantError(t, put("k")(must[*clientv3.Client](t)(nobody.All())), noUser)
}

// TestAStrayThatAnswersLater replaces the member in one of three pods by one of another cluster. It must get no call.
func TestAStrayThatAnswersLater(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 2, nil)
	way := etcdtest.Through(t, c.Members[1].Endpoint)
	strays, _ := alone(t, 1, false)
	conn, s := openPods(t, credentials.FlagValues{}, c.Members[0].Endpoint, way.Endpoint, "")
	client := must[*clientv3.Client](t)(conn.All())
	if err := put("k")(client); err != nil {
		t.Fatal(err)
	}
	s.Move("etcd-1", strays[0].Endpoint)
	s.Move("etcd-2", strays[0].Endpoint)
	way.Cut()
	way.Mend()
	time.Sleep(2 * redialPause)
	for range 12 {
		putUntilDone(t, client, "v")
		time.Sleep(redialPause / 4)
	}
	resp, err := etcdtest.Client(t, strays[0].Endpoint).Get(t.Context(), "k")
	if err != nil || resp.Header.Revision != 1 {
		t.Errorf("the stray was written to: %v, %v", resp, err)
	}
	kubetest.WantError(t, conn.CheckMember(t.Context(), conn.cluster.Members[2]), `"etcd-2" is member`)
	if err := conn.CheckMember(t.Context(), conn.cluster.Members[0]); err != nil {
		t.Error(err)
	}
}

// TestNobodyAnswers checks that the error has the reason, and that it is not ambiguous: nothing was sent.
func TestNobodyAnswers(t *testing.T) {
	conn, _ := openPods(t, credentials.FlagValues{}, "", "")
	err := put("k")(must[*clientv3.Client](t)(conn.All()))
	kubetest.WantError(t, err, "connection refused (nothing listens on that port)")
	if etcd.Ambiguous(err) {
		t.Errorf("%v is said to have been carried out, perhaps", err)
	}
	hung, _ := openPods(t, credentials.FlagValues{}, etcdtest.Silent(t), etcdtest.Silent(t))
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, err = must[*clientv3.Client](t)(hung.All()).Put(ctx, "k", "v")
	if !errors.Is(err, context.DeadlineExceeded) || etcd.Ambiguous(err) {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff("no answer within the deadline (no quorum, or the member hangs)", etcd.Explain(err).Error()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}
