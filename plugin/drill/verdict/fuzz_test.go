package verdict

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history/historytest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// FuzzJudge: no record makes Judge panic, and a lost write is detected in every record.
func FuzzJudge(f *testing.F) {
	for seed := range uint64(8) {
		f.Add(seed, uint16(40*seed+20), uint16(3), uint16(1))
	}
	f.Fuzz(func(t *testing.T, seed uint64, n, at, what uint16) {
		r := historytest.Simulate(seed, int(n%600)+30)
		if d := Judge(r); len(slices.DeleteFunc(d.Reasons, func(s string) bool { return strings.HasPrefix(s, "no ") })) > 0 {
			t.Fatalf("an etcd that keeps its promises fails: %q", d.Reasons)
		}
		o := &r.Operations[int(at)%len(r.Operations)]
		switch what % 6 {
		case 0:
			if !written(*o) {
				return
			}
			delete(r.Stores["etcd-1"].Keys, o.Key)
		case 1:
			if !o.Wrote() {
				return
			}
			r.Events = slices.DeleteFunc(r.Events, func(e history.Event) bool { return e.Key == o.Key && e.Value == o.Value })
		case 2:
			if o.Class != history.Acknowledged || o.Kind == history.Write || o.Seen == "" {
				return
			}
			o.Seen = "phantom"
		case 3:
			if !swapped(*o) {
				return
			}
			o.From = o.Revision
		case 4:
			if o.Class != history.Acknowledged || o.Kind != history.Read || o.Revision == 0 {
				return
			}
			o.Seen, o.Revision = "", 0
			if !slices.ContainsFunc(r.Operations, func(p history.Operation) bool {
				return p.Key == o.Key && p.Class == history.Acknowledged && p.Kind != history.LocalRead && p.Kind != history.Write && p.Revision > 0 && p.Returned < o.Called
			}) {
				return
			}
		case 5: // an impossible record must not make it panic
			o.Called, o.Returned, o.Revision, o.Swapped, o.Class = o.Returned, o.Called, -o.Revision, !o.Swapped, history.Class(at%3)
			Judge(r)
			return
		}
		if d := Judge(r); d.Verdict != report.Fail || len(d.Reasons) == 0 {
			t.Errorf("%v of %+v was not caught", what%6, *o)
		}
	})
}
