package settings

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestCommands: effect of shell builtins on etcd's --name.
func TestCommands(t *testing.T) {
	unknown := func(what string) []string { return []string{"--name: " + what + ` in the script of container "etcd"`} }
	for _, test := range []struct {
		name, script string
		want         string // --name
		unknown      []string
	}{
		{"exec without a program", "exec; etcd --name a", "a", nil},
		{"a file without a name is sourced", ".; etcd --name a", "a", nil},
		{"a test without words", "[; etcd --name a", "a", nil},
		{"a sourced file that returns", ". /scripts/returns; etcd --name $A", "before", nil},
		{"a sourced file that exits", "A=b; . /scripts/exits; etcd --name $A", "", nil},

		{"all exported, by the option's name", "set -o allexport; ETCD_NAME=a; etcd", "a", nil},
		{"and no more", "set -o allexport; set +o allexport; ETCD_NAME=a; etcd", "", nil},
		{"all exported, beside other options", "set -a -e; ETCD_NAME=a; etcd", "a", nil},
		{"no more, by the letter", "set -a; set +a; ETCD_NAME=a; etcd", "", nil},
		{"all exported, and other arguments set", "set -a; set x; ETCD_NAME=a; etcd", "a", nil},
		{"an argument called like the option", "set allexport; ETCD_NAME=a; etcd", "", nil},

		{"declared as exported", "declare -x ETCD_NAME=a; etcd", "a", nil},
		{"declared as something else", "declare -r ETCD_NAME=a; etcd", "", nil},
		{"quoted and read only", `readonly "ETCD_NAME=x"; etcd`, "", nil},
		{"quoted and exported", `export "ETCD_NAME=x"; etcd`, "x", nil},
		{"a quoted name that is exported already", `export ETCD_NAME=a; export "ETCD_NAME"; etcd`, "a", nil},
		{"a name that is not there", "export ETCD_NAME; etcd", "", nil},

		{"an element", "A[0]=b; etcd --name $A", "", unknown("$A")},
		{"an element of a list", "A=(b [1]=c); etcd --name $A", "", unknown("$A")},
		{"a list, appended to as a text", "A=(b); A+=c; etcd --name $A", "", unknown("$A")},
		{"a list, replaced by a text", "A=(b); A=c; etcd --name $A", "c", nil},
		{"as large as a value can be", "A=" + strings.Repeat("a", maxValue) + "; etcd --name $A", strings.Repeat("a", maxValue), nil},
		{"larger", "A=" + strings.Repeat("a", maxValue+1) + "; etcd --name $A", "", unknown("$A")},

		{"shift by nothing", "shift 0; etcd --name $1", "one", nil},
		{"shift by more than there are", "shift 9; etcd --name a$#", "a0", nil},
		{"shift back", "shift -1; etcd --name $1", "one", nil},
		{"a function that returns has its own arguments", "f() { A=$1; return; }; f x; etcd --name $A$1", "xone", nil},

		{"not, in double brackets", "if [[ ! -z $NS ]]; then A=b; else A=c; fi; etcd --name $A", "b", nil},
		{"empty, in double brackets", "if [[ -z $NS ]]; then A=b; else A=c; fi; etcd --name $A", "c", nil},
		{"other, in double brackets", "if [[ $NS != ns ]]; then A=b; else A=c; fi; etcd --name $A", "c", nil},
		{"one of two, in double brackets", "if [[ $NS == x || $NS == ns ]]; then A=b; else A=c; fi; etcd --name $A", "b", nil},
		{"a word, in double brackets", "if [[ $NS ]]; then A=b; else A=c; fi; etcd --name $A", "b", nil},
		{"a pattern that is not followed", "if [[ $NS == n* ]]; then A=b; else A=c; fi; etcd --name $A", "", unknown("$A")},
		{"a pattern for all", "if [[ $NS == * ]]; then A=b; else A=c; fi; etcd --name $A", "b", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			have := objects{"scripts": {"returns": "A=before; return; A=after", "exits": "A=before; exit; A=after"}}
			s, err := Read(t.Context(), scriptPod(), scriptContainer("/bin/sh", "-ec", test.script, "sh", "one", "two"), have)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, s.Get("name")); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.unknown, s.Unknown()); diff != "" {
				t.Errorf("unknown, -want +got:\n%s", diff)
			}
		})
	}
}
