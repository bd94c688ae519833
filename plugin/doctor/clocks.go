package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// apart is how far clocks may be apart: etcd logs "prober found high clock drift" beyond it
// (server/etcdserver/api/rafthttp/probing_status.go).
const apart = time.Second

// clocks compares the members' clocks, as each was told to us at about the same moment. Raft itself takes no notice of
// them.
func clocks(e *evidence) []finding {
	var found []finding
	var told []clock
	var texts []string
	for _, m := range e.members {
		c, unseen := m.wallClock()
		if unseen != "" {
			found = append(found, evidenceMissing(unseen).of(m.Name))
			continue
		}
		told = append(told, c)
		texts = append(texts, fmt.Sprintf("%s %s", m.Name, ahead(c)))
	}
	if len(told) == 0 {
		return found
	}
	first := slices.MinFunc(told, func(a, b clock) int { return int(a.ahead - b.ahead) })
	last := slices.MaxFunc(told, func(a, b clock) int { return int(a.ahead - b.ahead) })
	skew, give := last.ahead-first.ahead, last.give+first.give
	switch {
	case skew-give > apart:
		return append(found, bad(report.Caution, "against this machine: "+strings.Join(texts, ", "), because{
			"clocks that disagree make certificates invalid on one side, and times in logs useless",
			"synchronize the nodes' clocks (chrony, systemd-timesyncd)",
		}))
	case len(told) == 1:
		return append(found, pass("%s (±%s) against this machine", ahead(told[0]), coarse(told[0].give)))
	}
	return append(found, pass("within %s of each other (±%s), %s against this machine", coarse(skew), coarse(give), ahead(first)))
}

// wallClock returns the member's clock from its peer port, which tells it in full, or else from the answer of its
// /metrics, which tells the second.
func (m seen) wallClock() (c clock, unseen string) {
	if m.clock.missing == "" {
		return m.clock.value, ""
	}
	if c, ok := m.metrics.value.clock(); ok && m.metrics.missing == "" {
		return c, ""
	}
	return clock{}, m.clock.missing
}

func ahead(c clock) string {
	text := coarse(c.ahead)
	if c.ahead >= time.Millisecond/2 {
		text = "+" + text
	}
	return text
}

// coarse rounds to what a measurement over a network can tell.
func coarse(d time.Duration) string { return d.Round(time.Millisecond).String() }
