package etcd_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	pb "go.etcd.io/etcd/api/v3/etcdserverpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// fill writes n keys with a prefix, many in one transaction.
func fill(t *testing.T, client *clientv3.Client, prefix string, n int) {
	t.Helper()
	for first := 0; first < n; first += 100 {
		var ops []clientv3.Op
		for i := first; i < min(first+100, n); i++ {
			ops = append(ops, clientv3.OpPut(fmt.Sprintf("%s%06d", prefix, i), fmt.Sprint(i)))
		}
		if _, err := client.Txn(t.Context()).Then(ops...).Commit(); err != nil {
			t.Fatal(err)
		}
	}
}

// listing collects the pages of List.
type listing struct {
	keys  []string
	sizes []int
	revs  map[int64]bool
	after func() // runs after each page
}

func (l *listing) page(rev int64, items []report.KeyValue) error {
	for _, kv := range items {
		l.keys = append(l.keys, kv.Key)
	}
	l.sizes = append(l.sizes, len(items))
	if l.revs == nil {
		l.revs = map[int64]bool{}
	}
	l.revs[rev] = true
	if l.after != nil {
		l.after()
	}
	return nil
}

func TestListReadsAllPagesAtOneRevision(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	fill(t, client, "a/", 2500)
	fill(t, client, "b/", 10)

	var l listing
	l.after = func() { // a key that is written during the list is not in it
		if _, err := client.Put(t.Context(), fmt.Sprintf("a/late%d", len(l.sizes)), "x"); err != nil {
			t.Error(err)
		}
	}
	more, err := etcd.List(t.Context(), client, etcd.Read{Key: "a/", Prefix: true}, l.page)
	if err != nil || more {
		t.Fatalf("more %v, error %v", more, err)
	}
	if len(l.keys) != 2500 || l.keys[0] != "a/000000" || l.keys[2499] != "a/002499" {
		t.Errorf("%d keys, want a/000000 to a/002499", len(l.keys))
	}
	if len(l.sizes) < 3 || len(l.revs) != 1 {
		t.Errorf("pages %v at revisions %v, want several at one", l.sizes, l.revs)
	}
}

func TestListBounds(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	fill(t, client, "a/", 200)

	for _, tc := range []struct {
		name string
		read etcd.Read
		keys int
		more bool
	}{
		{"below a page", etcd.Read{Key: "a/", Limit: 7}, 7, true},
		{"over several pages", etcd.Read{Key: "a/", Limit: 150}, 150, true},
		{"exactly all", etcd.Read{Key: "a/", Limit: 200}, 200, false},
		{"more than there are", etcd.Read{Key: "a/", Limit: 1000}, 200, false},
		{"the whole keyspace", etcd.Read{Key: ""}, 200, false},
		{"nothing", etcd.Read{Key: "zz"}, 0, false},
		{"a prefix without an upper end", etcd.Read{Key: "\xff"}, 0, false},
		{"the past", etcd.Read{Key: "a/", Rev: 2}, 100, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var l listing
			tc.read.Prefix = true
			more, err := etcd.List(t.Context(), client, tc.read, l.page)
			if err != nil || len(l.keys) != tc.keys || more != tc.more {
				t.Errorf("%d keys, more %v, error %v; want %d, %v", len(l.keys), more, err, tc.keys, tc.more)
			}
			if len(l.sizes) == 0 {
				t.Error("no page: the head of the list is never printed")
			}
		})
	}
}

// TestListMakesPagesSmaller has pages whose responses exceed the client's limit.
func TestListMakesPagesSmaller(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.ClientWith(t, clientv3.Config{Endpoints: []string{c.Members[0].Endpoint}, MaxCallRecvMsgSize: 3 << 20})
	value := strings.Repeat("x", 1<<20)
	for i := range 10 {
		if _, err := client.Put(t.Context(), fmt.Sprint("big/", i), value); err != nil {
			t.Fatal(err)
		}
	}
	var l listing
	if _, err := etcd.List(t.Context(), client, etcd.Read{Key: "big/", Prefix: true}, l.page); err != nil || len(l.keys) != 10 {
		t.Fatalf("%d keys, error %v", len(l.keys), err)
	}
	for _, size := range l.sizes {
		if size > 2 {
			t.Errorf("a page of %d MiB: pages %v", size, l.sizes)
		}
	}
}

func TestReadsOfThePast(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	for i := range 5 { // revisions 2 to 6
		if _, err := etcd.Put(t.Context(), client, "k", []byte(fmt.Sprint(i)), 0); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := client.Compact(t.Context(), 4); err != nil {
		t.Fatal(err)
	}
	got, err := etcd.Get(t.Context(), client, etcd.Read{Key: "k", Rev: 5})
	if err != nil || *got.Value != "3" || got.Revision != 6 || got.ModRevision != 5 {
		t.Errorf("at revision 5: %+v, %v", got, err)
	}
	for rev, want := range map[int64]string{2: "revision 2 has been compacted", 99: "revision 99 is in the future"} {
		if _, err := etcd.Get(t.Context(), client, etcd.Read{Key: "k", Rev: rev}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("get at revision %d: %v, want %q", rev, err, want)
		}
		_, err := etcd.List(t.Context(), client, etcd.Read{Key: "k", Prefix: true, Rev: rev}, new(listing).page)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("list at revision %d: %v, want %q", rev, err, want)
		}
	}
	var missing *etcd.NotFoundError
	if _, err := etcd.Get(t.Context(), client, etcd.Read{Key: "none"}); !errors.As(err, &missing) {
		t.Errorf("a key that does not exist: %v", err)
	}
}

func TestWrites(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	client := etcdtest.Client(t, c.Members[0].Endpoint)
	ctx := t.Context()

	binary := []byte{0, 0xff, '\n', 0x1b}
	if _, err := etcd.Put(ctx, client, string(binary), binary, 0); err != nil {
		t.Fatal(err)
	}
	resp, err := client.Get(ctx, string(binary))
	if err != nil || len(resp.Kvs) != 1 || !bytes.Equal(resp.Kvs[0].Value, binary) {
		t.Errorf("bytes did not come through: %v, %v", resp, err)
	}

	put, err := etcd.Put(ctx, client, "ttl", nil, 59500*time.Millisecond)
	if err != nil || put.TTLSeconds < 60 || put.Lease == "" {
		t.Errorf("put with a ttl: %+v, %v; want it rounded up to seconds, and its lease", put, err)
	}
	// A refused put must revoke its lease.
	if _, err := etcd.Put(ctx, client, "", nil, time.Minute); err == nil {
		t.Error("an empty key was taken")
	}
	if leases, err := client.Leases(ctx); err != nil || len(leases.Leases) != 1 {
		t.Errorf("leases %v, %v; want the one of the key", leases, err)
	}

	_, err = etcd.Put(ctx, client, "big", make([]byte, 1600<<10), 0) // refused by etcd
	if err == nil || !strings.Contains(err.Error(), "larger than etcd accepts") {
		t.Errorf("1.56 MiB: %v", err)
	}
	_, err = etcd.Put(ctx, client, "big", make([]byte, 5<<20), 0) // refused by gRPC
	if err == nil || !strings.Contains(err.Error(), "larger than etcd accepts") {
		t.Errorf("5 MiB: %v", err)
	}

	fill(t, client, "p/", 3)
	for _, tc := range []struct {
		key    string
		prefix bool
		want   int64
	}{{"p/000000", false, 1}, {"p/000000", false, 0}, {"p/", true, 2}, {"", true, 2}} {
		if d, err := etcd.Delete(ctx, client, tc.key, tc.prefix); err != nil || d.Deleted != tc.want {
			t.Errorf("delete %q (prefix %v): %d, %v; want %d", tc.key, tc.prefix, d.Deleted, err, tc.want)
		}
	}
}

// TestPutWithoutQuorumSaysThatItMayHaveBeenDone calls the member as if it had not noticed the loss of its leader: then
// it accepts the write.
func TestPutWithoutQuorumSaysThatItMayHaveBeenDone(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 3, nil)
	client := etcdtest.ClientWith(t, clientv3.Config{Endpoints: []string{c.Members[0].Endpoint}, DialOptions: []grpc.DialOption{
		grpc.WithChainUnaryInterceptor(func(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			return invoke(metadata.NewOutgoingContext(ctx, nil), method, req, reply, cc, opts...)
		}),
	}})
	c.Members[1].Stop()
	c.Members[2].Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	_, err := etcd.Put(ctx, client, "k", []byte("v"), 0)
	if err == nil || !etcd.Ambiguous(err) || !strings.Contains(err.Error(), "may have been applied") {
		t.Errorf("put without a quorum: %v", err)
	}
}

func TestNoSpaceNamesTheRemedy(t *testing.T) {
	t.Parallel()
	c := etcdtest.Start(t, 1, nil)
	members := handles(t, c)
	raise(t, members[0], pb.AlarmType_NOSPACE)
	_, err := etcd.Put(t.Context(), members[0].Client, "k", []byte("v"), 0)
	if err == nil || !etcd.Ambiguous(err) || !strings.Contains(err.Error(), "defragment") || !strings.Contains(err.Error(), "read it back") {
		t.Errorf("put over the quota: %v", err)
	}
}

// TestEachMemberAtCommandTimeout checks that a member is not blamed if the command ended before its own limit.
func TestEachMemberAtCommandTimeout(t *testing.T) {
	cause := errors.New("not done within 200ms (give it longer with --timeout)")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, cause)
	defer cancel()
	silent := etcd.Member{Name: "etcd-0", Client: etcdtest.Client(t, etcdtest.Silent(t))}
	down := etcd.Member{Name: "etcd-1", PodProblem: "pod does not exist"}
	var got []string
	for _, v := range etcd.ReadEach(ctx, []etcd.Member{silent, down}, etcd.Read{Key: "k"}, time.Minute).Members {
		got = append(got, v.Error)
	}
	if diff := cmp.Diff([]string{"the read had no answer yet: " + cause.Error(), "pod does not exist"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// row is the part of a member's value that the tests compare.
type row struct {
	Member, Value string
	Found, Error  bool
}

func TestEachMember(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	members := handles(t, c)
	if _, err := members[0].Client.Put(t.Context(), "k", "v"); err != nil {
		t.Fatal(err)
	}
	values := etcd.ReadEach(t.Context(), members, etcd.Read{Key: "k"}, memberLimit)
	if !values.Equal || values.Problem() != "" {
		t.Errorf("equal %v, problem %q: a follower that is a moment behind must be asked again", values.Equal, values.Problem())
	}
	if none := etcd.ReadEach(t.Context(), members, etcd.Read{Key: "none"}, memberLimit); !none.MissingOnAll() || none.Equal {
		t.Errorf("a key that no member has: nowhere %v, equal %v", none.MissingOnAll(), none.Equal)
	}

	members[1].Client = etcdtest.Client(t, etcdtest.Silent(t))
	members[2] = etcd.Member{Name: "etcd-2", PodProblem: "pod does not exist"}
	begin := time.Now()
	values = etcd.ReadEach(t.Context(), members, etcd.Read{Key: "k"}, memberLimit)
	if took := time.Since(begin); took > 2*memberLimit {
		t.Errorf("it took %s with a limit of %s", took, memberLimit)
	}
	var got []row
	for _, v := range values.Members {
		r := row{Member: v.Member, Found: v.Found, Error: v.Error != ""}
		if v.Value != nil {
			r.Value = *v.Value
		}
		got = append(got, r)
	}
	want := []row{
		{Member: "etcd-0", Value: "v", Found: true},
		{Member: "etcd-1", Error: true},
		{Member: "etcd-2", Error: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if values.Equal || !strings.Contains(values.Problem(), "etcd-1, etcd-2") {
		t.Errorf("equal %v, problem %q", values.Equal, values.Problem())
	}
}

func TestHashesAreEqualAtOneRevision(t *testing.T) {
	c := etcdtest.Start(t, 3, nil)
	members := handles(t, c)
	fill(t, members[0].Client, "k/", 100)
	rev, err := etcd.Revision(t.Context(), members[1].Client)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		if err := m.WaitForRevision(t.Context(), rev); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := members[0].Client.Put(t.Context(), "later", "x"); err != nil {
		t.Fatal(err)
	}
	hashes := etcd.Hashes(t.Context(), members, rev, memberLimit)
	for _, h := range hashes {
		if h.Error != "" || h.Hash == "" || h.Hash != hashes[0].Hash {
			t.Errorf("hash of %s: %+v, the first is %+v", h.Member, h, hashes[0])
		}
	}
	behind, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := members[0].WaitForRevision(behind, rev+1000); err == nil || !strings.Contains(err.Error(), "has not reached") {
		t.Errorf("a revision that is never reached: %v", err)
	}
}
