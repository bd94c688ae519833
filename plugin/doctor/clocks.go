package doctor

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// maxClockDrift is the difference between clocks beyond which etcd logs "prober found high clock drift"
// (server/etcdserver/api/rafthttp/probing_status.go).
const maxClockDrift = time.Second

// clocks compares the members' clocks, which were read at about the same time. Raft does not depend on them.
func clocks(e *evidence) []finding {
	var found []finding
	var known []clock
	var texts []string
	for _, m := range e.members {
		c, missing := m.wallClock()
		if missing != "" {
			found = append(found, evidenceMissing(missing).of(m.Name))
			continue
		}
		known = append(known, c)
		texts = append(texts, fmt.Sprintf("%s %s", m.Name, ahead(c)))
	}
	if len(known) == 0 {
		return found
	}
	first := slices.MinFunc(known, func(a, b clock) int { return int(a.ahead - b.ahead) })
	last := slices.MaxFunc(known, func(a, b clock) int { return int(a.ahead - b.ahead) })
	skew, uncertainty := last.ahead-first.ahead, last.uncertainty+first.uncertainty
	switch {
	case skew-uncertainty > maxClockDrift:
		return append(found, bad(report.Caution, "against this machine: "+strings.Join(texts, ", "), explanation{
			"clocks that differ make certificates invalid on one side, and the times in logs useless",
			"synchronize the nodes' clocks (chrony, systemd-timesyncd)",
		}))
	case len(known) == 1:
		return append(found, pass("%s (±%s) against this machine", ahead(known[0]), coarse(known[0].uncertainty)))
	}
	return append(found, pass("within %s of each other (±%s), %s against this machine", coarse(skew), coarse(uncertainty), ahead(first)))
}

// wallClock returns the member's clock from its peer port, or else from the Date of its /metrics, which has whole
// seconds. missing is why neither was read.
func (m memberEvidence) wallClock() (c clock, missing string) {
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

// coarse rounds to milliseconds, the precision of a measurement over a network.
func coarse(d time.Duration) string { return d.Round(time.Millisecond).String() }
