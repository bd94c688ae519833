package inspect

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/render"
)

// TestListTellsWhatItDidNotLookAt checks that a value that could not be read is "?". A dash means that there is none, as for
// clusters that others deployed.
func TestListTellsWhatItDidNotLookAt(t *testing.T) {
	foreign := cluster.Summary{Namespace: "ns", Name: "foreign", Seal: cluster.Seal{State: cluster.SealNone}}
	ours := cluster.Summary{Namespace: "ns", Name: "ours", Scheme: "https", Seal: cluster.Seal{State: cluster.SealClosed}}
	for name, c := range map[string]struct {
		found []cluster.Summary
		want  string // the last two columns, and the lines below the table
		field string
	}{
		"all observed": {[]cluster.Summary{foreign, ours}, "CLIENTS SEALED\n- -\nTLS yes\n", "\n"},
		"may not get ConfigMaps": {
			[]cluster.Summary{foreign, {Namespace: "ns", Name: "ours", Incomplete: true}},
			"CLIENTS SEALED\n- -\n? ?\nIncomplete: ConfigMaps (forbidden)\n", `["ConfigMaps (forbidden)"]` + "\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			var table, field strings.Builder
			if err := render.Print(&table, render.List(listReport(c.found, false)), "", false); err != nil {
				t.Fatal(err)
			}
			if err := render.Print(&field, render.List(listReport(c.found, false)), "jsonpath={.incomplete}", false); err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for line := range strings.Lines(table.String()) {
				fields := strings.Fields(line)
				if len(fields) == 0 {
					continue
				}
				if fields[0] != "Incomplete:" {
					fields = fields[len(fields)-2:]
				}
				got.WriteString(strings.Join(fields, " ") + "\n")
			}
			if diff := cmp.Diff(c.want+c.field, got.String()+field.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
