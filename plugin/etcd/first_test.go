package etcd_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
)

// TestFirst checks that the common prefix of the result is the common prefix of all keys.
func TestFirst(t *testing.T) {
	t.Parallel()
	client := etcdtest.Client(t, etcdtest.Start(t, 1, nil).Members[0].Endpoint)
	for _, key := range []string{"a", "b/00", "b/01", "b/02", "b/10", "b/11", "b/20", "c", "\xff\xff1", "\xff\xff2", "\xff\xff3"} {
		if _, err := client.Put(t.Context(), key, "v"); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		prefix string
		limit  int
		want   []string
	}{
		{"none", 5, nil},
		{"a", 5, []string{"a"}},
		{"b/0", 5, []string{"b/00", "b/01", "b/02"}},
		{"b", 6, []string{"b/00", "b/01", "b/02", "b/10", "b/11", "b/20"}},
		{"b", 3, []string{"b/00", "b/01", "b/10"}},
		{"b", 1, []string{"b/01"}},
		{"", 3, []string{"a", "b/00", "b/01"}},
		{"\xff", 2, []string{"\xff\xff1", "\xff\xff2"}},
	} {
		got, err := etcd.FirstKeys(t.Context(), client, c.prefix, c.limit)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%q %d: %v -want +got:\n%s", c.prefix, c.limit, err, diff)
		}
	}
}
