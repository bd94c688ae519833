package etcdctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
)

// TestOnlyMembersOfOneCluster has etcdctl list the members in the pod in which it runs.
func TestOnlyMembersOfOneCluster(t *testing.T) {
	a, b, c := member("a", "ready"), member("b", "ready"), member("c", "ready")
	list := func(members ...string) string {
		var texts []string
		for _, m := range members {
			texts = append(texts, `{"ID":1,"clientURLs":["http://`+m+`.etcd:2379"]}`)
		}
		return `{"header":{"cluster_id":1},"members":[` + strings.Join(texts, ",") + `]}`
	}
	for name, test := range map[string]struct {
		seal, args string
		list       string
		fails      string
		want       []string
		note, err  string
	}{
		"one cluster":          {"", "get k", list("a", "b", "c"), "", []string{"a", "b", "c"}, "", ""},
		"of ours":              {"etcd-seal", "put k v", "", "", []string{"a", "b", "c"}, "", ""},
		"endpoints are given":  {"", "put k v --endpoints x", "", "", []string{"a", "b", "c"}, "", ""},
		"three alone":          {"", "put k v", list("a"), "", nil, "", `the pods of a, b, c in namespace "ns" do not belong to one etcd cluster: the membership list of pod "a" has length 1 (choose one of them: --member a or --member b or --member c; "kubectl etcd status --etcd etcd -n ns" shows all of them)`},
		"a stray beside it":    {"", "put k v", list("a", "b", "x"), "", []string{"a", "b"}, `not in the membership list of pod "a", and so not asked: c`, ""},
		"it advertises others": {"", "put k v", list("x", "y", "z"), "", []string{"a"}, `not in the membership list of pod "a", and so not asked: a, b, c`, ""},
		"somebody's password":  {"", "--user root:pw put k v", list("a", "b", "c"), "", []string{"a", "b", "c"}, "", ""},
		"it may not be asked":  {"", "put k v", "", "Error: etcdserver: user name is empty\n", []string{"a"}, "only a is asked, because its membership list cannot be read (exit 1: Error: etcdserver: user name is empty)", ""},
		"no list":              {"", "put k v", "{}", "", []string{"a"}, "only a is asked, because its membership list cannot be read (the membership list is empty)", ""},
	} {
		t.Run(name, func(t *testing.T) {
			note := ""
			r := Run{
				Cluster: &cluster.Cluster{Name: "etcd", Namespace: "ns", SealConfig: test.seal}, Args: strings.Fields(test.args),
				Note: func(format string, args ...any) { note += fmt.Sprintf(format, args...) },
			}
			asked, err := r.ofOneCluster(t.Context(), a, []cluster.Member{a, b, c}, []string{"--cacert=/ca"}, func(_ context.Context, e connect.Exec) error {
				who := ""
				if strings.HasPrefix(test.args, "--user") {
					who = "--user root:pw "
				}
				if diff := cmp.Diff("etcdctl --endpoints=http://a.etcd:2379 --cacert=/ca "+who+"member list --write-out=json", strings.Join(e.Command, " ")); diff != "" {
					t.Errorf("-want +got\n%s", diff)
				}
				_, _ = io.WriteString(e.Streams.Stdout, test.list)
				_, _ = io.WriteString(e.Streams.Stderr, test.fails)
				if test.fails != "" {
					return errors.New("exit 1")
				}
				return nil
			})
			var got []string
			for _, m := range asked {
				got = append(got, m.Name)
			}
			if diff := cmp.Diff(test.want, got); diff != "" || note != test.note || test.err == "" && err != nil || test.err != "" && fmt.Sprint(err) != test.err {
				t.Errorf("-want +got\n%s\nnote %q\nerror %v", diff, note, err)
			}
		})
	}
}

// TestIdentity checks that the member list is requested with the user's credentials.
func TestIdentity(t *testing.T) {
	for args, want := range map[string]string{
		"get k": "",
		"--user root:pw get k --cacert=/ca --prefix":                  "--user root:pw --cacert=/ca",
		"--insecure-skip-tls-verify --insecure-transport=false get k": "--insecure-skip-tls-verify --insecure-transport=false",
		"--cert /c --key /k put k -- --user":                          "--cert /c --key /k",
		"get k --user":                                                "--user",
	} {
		if diff := cmp.Diff(want, strings.Join(identityFlags(strings.Fields(args)), " ")); diff != "" {
			t.Errorf("%s (-want +got)\n%s", args, diff)
		}
	}
}

// TestPodsBehindOneService has two clusters that advertise the same Service, which leads to either.
func TestPodsBehindOneService(t *testing.T) {
	a, b := member("a", "ready"), member("b", "ready")
	a.Server.Advertised, b.Server.Advertised = "http://twins:2379", "http://twins:2379"
	r := Run{Cluster: &cluster.Cluster{Name: "twins", Namespace: "ns"}, Args: []string{"del", "k"}}
	list := func(members string) execute {
		return func(_ context.Context, e connect.Exec) error {
			if diff := cmp.Diff("etcdctl --endpoints=http://localhost:2379 member list --write-out=json", strings.Join(e.Command, " ")); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			_, _ = io.WriteString(e.Streams.Stdout, `{"members":[`+members+`]}`)
			return nil
		}
	}
	const one = `{"clientURLs":["http://twins:2379"]}`
	if asked, err := r.ofOneCluster(t.Context(), a, []cluster.Member{a, b}, nil, list(one)); err == nil {
		t.Errorf("two clusters are asked as one: %v", asked)
	}
	asked, err := r.ofOneCluster(t.Context(), a, []cluster.Member{a, b}, nil, list(one+","+one))
	if err != nil || len(asked) != 2 {
		t.Errorf("two members of one cluster: %v, %v", asked, err)
	}
	if diff := cmp.Diff([]string{"--endpoints=http://localhost:2379"}, r.endpointFlags(a, []cluster.Member{a})); diff != "" {
		t.Errorf("one is asked alone, -want +got\n%s", diff)
	}
}
