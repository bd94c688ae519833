package data

import (
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/proxy"
)

func TestPutFlags(t *testing.T) {
	clitest.Check(t, newPut, map[string]putOptions{
		"k v":          {key: "k", value: "v"},
		"k - --ttl 1m": {key: "k", value: "-", ttl: time.Minute},
	}, "k", "k v w", "k v --ttl 500ms", "k v --ttl -1s", "k v --timeout -1s", "k v --member-timeout 0s", "k v --color blue", "k v --client-port 70000")
}

func TestGetFlags(t *testing.T) {
	clitest.Check(t, newGet, map[string]getOptions{
		"k":                            {Read: etcd.Read{Key: "k"}},
		"k --prefix --keys-only":       {Read: etcd.Read{Key: "k", Prefix: true, KeysOnly: true}},
		"k --prefix --limit 5 --rev 7": {Read: etcd.Read{Key: "k", Prefix: true, Limit: 5, Rev: 7}},
		"k --prefix --count-only":      {Read: etcd.Read{Key: "k", Prefix: true}, countOnly: true},
		"k --each-member":              {Read: etcd.Read{Key: "k"}, each: true},
		"k --ignore-not-found":         {Read: etcd.Read{Key: "k"}, ignoreNotFound: true},
	}, "", "k --limit 5", "k --prefix --limit -1", "k --rev -1", "k --count-only --keys-only", "k --prefix --count-only --limit 1", "k --each-member --prefix",
		"k --each-member --keys-only", "k -o xml", "k -o jsonpath={")
}

func TestDelFlags(t *testing.T) {
	clitest.Check(t, newDel, map[string]delOptions{
		"k":                    {key: "k"},
		"k --prefix --yes":     {key: "k", prefix: true, yes: true},
		"k --prefix --dry-run": {key: "k", prefix: true, dryRun: true},
		"--all":                {prefix: true, all: true},
	}, "", "--prefix", "k --all", "--all --prefix", "k l")
	for _, o := range []delOptions{{key: "k"}, {prefix: true, yes: true}, {prefix: true, dryRun: true}} {
		if o.mustConfirm() {
			t.Errorf("%+v asks", o)
		}
	}
	if o := (delOptions{prefix: true}); !o.mustConfirm() {
		t.Error("a prefix is deleted unasked")
	}
}

func TestWatchFlags(t *testing.T) {
	clitest.Check(t, newWatch, map[string]watchOptions{
		"k":                  {Watch: etcd.Watch{Key: "k"}},
		"k --prefix --rev 3": {Watch: etcd.Watch{Key: "k", Prefix: true, Rev: 3}},
	}, "", "k --rev -1")
}

func TestCtlFlags(t *testing.T) {
	clitest.Check(t, newCtl, map[string]ctlOptions{
		"-- get k --prefix":         {args: []string{"get", "k", "--prefix"}},
		"--member etcd-1 -- defrag": {member: "etcd-1", args: []string{"defrag"}},
	}, "", "get k", "get -- k", "--prefix -- get k", "--etcd-user root -- get k")
}

func TestProxyFlags(t *testing.T) {
	clitest.Check(t, newProxy, map[string]proxyOptions{
		"":                                {},
		"orders --member etcd-1":          {args: []string{"orders"}, session: proxy.Session{Member: "etcd-1"}},
		"--port 2379 --ready-file f":      {session: proxy.Session{Port: 2379}, readyFile: "f"},
		"-- ls -l":                        {command: []string{"ls", "-l"}},
		"orders -- /usr/bin/etcdctl get":  {args: []string{"orders"}, command: []string{"/usr/bin/etcdctl", "get"}, advertised: true},
		"-- etcdctl make-mirror x":        {command: []string{"etcdctl", "make-mirror", "x"}},
		"--advertised=false -- etcdctl x": {command: []string{"etcdctl", "x"}},
	}, "a b", "a b -- ls", "--", "--port 70000", "-o json -- ls", "--ready-file f -- ls", "--advertised")
}
