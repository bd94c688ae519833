package doctor

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func quantity(text string) resource.Quantity { return resource.MustParse(text) }

// lines returns the findings of a check: result, member and figure. Without a figure it has the beginning of the
// reason; the full texts of "status" are tested there.
func lines(e *evidence, check string) []string {
	var found []string
	for _, c := range verdict(e).Checks {
		if c.Name != check {
			continue
		}
		text := string(c.Result)
		if c.Member != "" {
			text += " " + c.Member
		}
		if c.Figure == "" {
			c.Figure = beginning(c.Reason)
		}
		found = append(found, text+": "+c.Figure)
	}
	return found
}

func beginning(text string) string {
	const enough = 40
	if runes := []rune(text); len(runes) > enough {
		return string(runes[:enough]) + "…"
	}
	return text
}

// TestOurOwnManifestsAreHealthy: base passes every check.
func TestOurOwnManifestsAreHealthy(t *testing.T) {
	for _, c := range verdict(healthy(t)).Checks {
		if c.Result != report.Pass && c.Name != "encryption" {
			t.Errorf("%s of %q: %s %s", c.Name, c.Member, c.Figure, c.Reason)
		}
	}
}

// TestEveryFindingSaysWhatToDo checks a cluster in which as much as possible is wrong, and one of which all evidence is
// missing.
func TestEveryFindingSaysWhatToDo(t *testing.T) {
	blind := healthy(t)
	for i := range blind.members {
		m := &blind.members[i]
		m.Version, m.Healthy, m.Error = "", false, "no answer within 3s"
		m.metrics, m.clock, m.data = observed[scrape]{missing: "no answer"}, observed[clock]{missing: "no answer"}, observed[data]{missing: "forbidden"}
		m.kubeMember.Pod = nil
	}
	blind.status.Quorum.Have, blind.status.Leader, blind.hashes = 0, "", nil
	for name, e := range map[string]*evidence{"healthy": healthy(t), "broken": broken(t), "blind": blind.withWarnings()} {
		for _, c := range verdict(e).Checks {
			switch {
			case c.Name == "" || c.Group == "":
				t.Errorf("%s: %+v has no name or group", name, c)
			case c.Result == report.Pass && (c.Figure == "" || c.Reason != ""):
				t.Errorf("%s: %s passes without a figure, or with a reason", name, c.Name)
			case c.Result != report.Pass && c.Reason == "":
				t.Errorf("%s: %s does not say why it is no pass", name, c.Name)
			case (c.Result == report.Fail || c.Result == report.Caution) && c.Remedy == "":
				t.Errorf("%s: %s does not say what to do", name, c.Name)
			case strings.HasSuffix(c.Reason, ".") || strings.Contains(c.Reason, "%!"):
				t.Errorf("%s: %s says %q", name, c.Name, c.Reason)
			}
		}
	}
	asked := []string{
		"leader", "lag", "hash", "alarms", "quota", "fragmentation", "compaction", "fsync", "commit", "slow-applies", "heartbeats", "leader-changes",
		"peer-latency", "open-files", "versions", "release", "clock", "volumes", "disk-room", "image", "liveness", "readiness", "requests",
	}
	for _, c := range verdict(blind).Checks {
		if slices.Contains(asked, c.Name) && c.Result == report.Pass {
			t.Errorf("%s passes (%s) though nothing was seen", c.Name, c.Figure)
		}
	}
}

type caseOf struct {
	check  string
	change func(*evidence)
	want   []string
}

func run(t *testing.T, cases map[string]caseOf) {
	t.Helper()
	for name, c := range cases {
		t.Run(c.check+"/"+name, func(t *testing.T) {
			e := healthy(t)
			if c.change != nil {
				c.change(e)
			}
			if diff := cmp.Diff(c.want, lines(e.withWarnings(), c.check)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
