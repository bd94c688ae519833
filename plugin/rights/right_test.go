package rights

import (
	"testing"

	"go.etcd.io/etcd/api/v3/authpb"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/keyrange"
)

func TestCoveredBy(t *testing.T) {
	p := func(kind authpb.Permission_Type, key, end string) *authpb.Permission {
		return &authpb.Permission{PermType: kind, Key: []byte(key), RangeEnd: []byte(end)}
	}
	for name, test := range map[string]struct {
		right Right
		by    []*authpb.Permission
		want  bool
	}{
		"nothing":                       {Right{false, keyrange.Range{Key: "a"}}, nil, false},
		"the key":                       {Right{false, keyrange.Range{Key: "a"}}, []*authpb.Permission{p(authpb.READ, "a", "")}, true},
		"the wrong access":              {Right{true, keyrange.Range{Key: "a"}}, []*authpb.Permission{p(authpb.READ, "a", "")}, false},
		"both accesses":                 {Right{true, keyrange.Range{Key: "a"}}, []*authpb.Permission{p(authpb.READWRITE, "a", "")}, true},
		"a prefix":                      {Right{true, keyrange.Range{Key: "a/b"}}, []*authpb.Permission{p(authpb.WRITE, "a/", "a0")}, true},
		"a part of a range":             {Right{false, keyrange.Range{Key: "a", End: "c"}}, []*authpb.Permission{p(authpb.READ, "a", "b")}, false},
		"two parts together":            {Right{false, keyrange.Range{Key: "a", End: "c"}}, []*authpb.Permission{p(authpb.READ, "b", "d"), p(authpb.READ, "a", "b")}, true},
		"a gap between":                 {Right{false, keyrange.Range{Key: "a", End: "c"}}, []*authpb.Permission{p(authpb.READ, "b1", "d"), p(authpb.READ, "a", "b")}, false},
		"all by all":                    {Right{false, keyrange.Range{Key: "\x00", End: "\x00"}}, []*authpb.Permission{p(authpb.READ, "\x00", "\x00")}, true},
		"all by a prefix":               {Right{false, keyrange.Range{Key: "\x00", End: "\x00"}}, []*authpb.Permission{p(authpb.READ, "a", "b")}, false},
		"from a key on, by one before":  {Right{false, keyrange.Range{Key: "b", End: "\x00"}}, []*authpb.Permission{p(authpb.READ, "a", "\x00")}, true},
		"from a key on, by one behind":  {Right{false, keyrange.Range{Key: "a", End: "\x00"}}, []*authpb.Permission{p(authpb.READ, "b", "\x00")}, false},
		"a range by points has a limit": {Right{false, keyrange.Range{Key: "a", End: "b"}}, []*authpb.Permission{p(authpb.READ, "a", "")}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := test.right.CoveredBy(test.by); got != test.want {
				t.Errorf("%v", got)
			}
		})
	}
}
