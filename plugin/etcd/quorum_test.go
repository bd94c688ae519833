package etcd_test

import (
	"context"
	"errors"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// operations are the operations that require a quorum.
func operations() map[string]func(context.Context, *clientv3.Client) error {
	return map[string]func(context.Context, *clientv3.Client) error{
		"put": func(ctx context.Context, c *clientv3.Client) error {
			_, err := etcd.Put(ctx, c, "k", []byte("v"), 0)
			return err
		},
		"put with a ttl": func(ctx context.Context, c *clientv3.Client) error {
			_, err := etcd.Put(ctx, c, "k", []byte("v"), time.Minute)
			return err
		},
		"get": func(ctx context.Context, c *clientv3.Client) error {
			_, err := etcd.Get(ctx, c, etcd.Read{Key: "k"})
			return err
		},
		"list": func(ctx context.Context, c *clientv3.Client) error {
			_, err := etcd.List(ctx, c, etcd.Read{Prefix: true}, func(int64, []report.KeyValue) error { return nil })
			return err
		},
		"delete": func(ctx context.Context, c *clientv3.Client) error {
			_, err := etcd.Delete(ctx, c, "nothing", false)
			return err
		},
	}
}

// TestNoQuorumIsReportedSoon checks that a call without a leader fails long before the command's deadline, with the reason.
func TestNoQuorumIsReportedSoon(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 3, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	if err := operations()["put"](t.Context(), client); err != nil {
		t.Fatal(err)
	}
	c.Members[1].Stop()
	c.Members[2].Stop()
	time.Sleep(2 * time.Second) // until the remaining member knows that it has no leader
	for name, call := range operations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			err := call(t.Context(), client)
			var lost *etcd.NoQuorumError
			if took := time.Since(begin); !errors.As(err, &lost) || took < 5*time.Second || took > 20*time.Second {
				t.Errorf("%v after %s; want that there is no quorum, once an election would be over", err, took)
			}
		})
	}
	if values := etcd.ReadEach(t.Context(), handles(t, c)[:1], etcd.Read{Key: "k"}, memberLimit); !values.Equal {
		t.Errorf("what the member has itself: %+v", values)
	}
}

// TestAnElectionFailsNothing checks that calls during an election succeed.
func TestAnElectionFailsNothing(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	s := etcd.Status(t.Context(), handles(t, c), memberLimit)
	var endpoints []string
	for _, m := range c.Members {
		if m.Name == s.Leader {
			defer m.Restart(t)
			m.Stop()
			continue
		}
		endpoints = append(endpoints, m.Endpoint)
	}
	client := etcdtest.Client(t, endpoints...)
	for _, name := range []string{"put", "get", "list", "delete"} {
		if err := operations()[name](t.Context(), client); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
