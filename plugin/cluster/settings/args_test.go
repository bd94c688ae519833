package settings

import (
	"flag"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.etcd.io/etcd/server/v3/embed"
)

func TestParseArgs(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want map[string]string
		rest []string
	}{
		{
			"joined",
			[]string{"--name=a", "-data-dir=/d", "--initial-cluster=a=http://a:2380"},
			map[string]string{"name": "a", "data-dir": "/d", "initial-cluster": "a=http://a:2380"},
			nil,
		},
		{"apart", []string{"--name", "a", "-data-dir", "/d"}, map[string]string{"name": "a", "data-dir": "/d"}, nil},
		{"a number below zero", []string{"--quota-backend-bytes", "-1"}, map[string]string{"quota-backend-bytes": "-1"}, nil},
		{
			"bare booleans",
			[]string{"--client-cert-auth", "--name", "a", "--auto-tls"},
			map[string]string{"client-cert-auth": "true", "name": "a", "auto-tls": "true"},
			nil,
		},
		{"a boolean with a value", []string{"--client-cert-auth=false"}, map[string]string{"client-cert-auth": "false"}, nil},
		{"a boolean takes no word", []string{"--pre-vote", "false", "--name=a"}, map[string]string{"pre-vote": "true", "name": "a"}, []string{"false"}},
		{"a boolean of a later etcd", []string{"--later", "--name", "a"}, map[string]string{"later": "true", "name": "a"}, nil},
		{"the last wins", []string{"--name=a", "--name=b"}, map[string]string{"name": "b"}, nil},
		{"empty", []string{"--name="}, map[string]string{"name": ""}, nil},
		{"after two dashes", []string{"--name=a", "--", "--name=b"}, map[string]string{"name": "a"}, []string{"--name=b"}},
		{"not a flag", []string{"a", "", "-", "--name=a"}, map[string]string{"name": "a"}, []string{"a", ""}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, rest := parseArgs(test.args)
			if diff := cmp.Diff(test.rest, rest); diff != "" {
				t.Errorf("rest (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestIsBool compares the list of boolean flags with etcd's flag set.
func TestIsBool(t *testing.T) {
	flags := flag.NewFlagSet("etcd", flag.ContinueOnError)
	embed.NewConfig().AddFlags(flags)
	flags.VisitAll(func(f *flag.Flag) {
		b, ok := f.Value.(interface{ IsBoolFlag() bool })
		if want := ok && b.IsBoolFlag(); isBool(f.Name) != want {
			t.Errorf("isBool(%q) is %v", f.Name, !want)
		}
	})
}
