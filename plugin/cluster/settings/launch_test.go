package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestNewLaunch: newLaunch finds the program behind those that only start another one.
func TestNewLaunch(t *testing.T) {
	etcd := launch{program: "etcd", args: []string{"--name", "a"}}
	script := func(text string, args ...string) launch {
		return launch{program: "sh", inline: true, script: text, args: args}
	}
	for words, want := range map[string]launch{
		"":                               {},
		"etcd --name a":                  etcd,
		"exec":                           {program: "exec"},
		"exec etcd --name a":             etcd,
		"nice -n 5 etcd --name a":        etcd,
		"gosu etcd etcd --name a":        etcd,
		"su-exec etcd etcd --name a":     etcd,
		"tini -- etcd --name a":          etcd,
		"env A=b C=/d etcd --name a":     etcd,
		"timeout 9 etcd --name a":        etcd,
		"env /a=b/etcd":                  {program: "/a=b/etcd"},
		"exec -a x":                      {program: "x"},
		"exec -a":                        {},
		"sh":                             {program: "sh"},
		"sh -":                           {program: "-"},
		"sh -x":                          {program: "sh"},
		"sh /run.sh a":                   {program: "/run.sh", args: []string{"a"}},
		"sh -c etcd":                     script("etcd"),
		"sh -ec etcd x y":                script("etcd", "x", "y"),
		"sh +x -c etcd":                  script("etcd"),
		"sh --norc -c etcd":              script("etcd"),
		"sh --rcfile --posix /run.sh":    {program: "/run.sh"},
		"sh -euo pipefail -c etcd x":     script("etcd", "x"),
		"sh -o":                          {program: "sh"},
		"exec sh -c etcd":                script("etcd"),
		"env -i nohup sh -o a /run.sh b": {program: "/run.sh", args: []string{"b"}},
	} {
		got := newLaunch(strings.Fields(words))
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(launch{}), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%q: -want +got:\n%s", words, diff)
		}
	}
	for _, words := range [][]string{{"etcd --name a", "--data-dir=/d"}, {"exec", "etcd --name a", "--data-dir=/d"}} {
		want := launch{program: "etcd", args: []string{"--name", "a", "--data-dir=/d"}, oneWord: true}
		if diff := cmp.Diff(want, newLaunch(words), cmp.AllowUnexported(launch{})); diff != "" {
			t.Errorf("%q: -want +got:\n%s", words, diff)
		}
	}
}

// TestIsEtcd: a server is distinguished from the other modes of the etcd binary.
func TestIsEtcd(t *testing.T) {
	for words, want := range map[string]bool{
		"etcd": true, "/usr/local/bin/etcd --name a": true, "etcd gateway start": false, "etcd grpc-proxy": false, "etcd --name gateway": true,
		"etcdctl": false, "sh -c etcd": false, "/etcd/run": false, "": false,
	} {
		if got := newLaunch(strings.Fields(words)).isEtcd(); got != want {
			t.Errorf("%q: %t", words, got)
		}
	}
}
