package doctor

import (
	"testing"
	"time"
)

func TestVersions(t *testing.T) {
	of := func(version, storage string) func(*evidence) {
		return func(e *evidence) { only(1)(e); e.members[0].Version, e.members[0].StorageVersion = version, storage }
	}
	run(t, map[string]caseOf{
		"one":          {"versions", only(1), []string{"pass etcd-0: 3.7.3"}},
		"mixed":        {"versions", func(e *evidence) { e.members[1].Version = "3.6.16" }, []string{"warn: the members run different versions, and …"}},
		"store behind": {"versions", of("3.7.3", "3.6.0"), []string{"warn etcd-0: 3.7.3, with storage version 3.6.0"}},
		"store pending": {"versions", func(e *evidence) {
			only(2)(e)
			down(1)(e)
			e.members[0].StorageVersion = "3.6.0"
		}, []string{"unknown etcd-0: 3.7.3, with storage version 3.6.0", "unknown etcd-1: no answer within 3s"}},
		"before 3.6":          {"versions", of("3.5.35", ""), []string{"pass etcd-0: 3.5.35"}},
		"no answer":           {"versions", func(e *evidence) { only(1)(e); down(0)(e) }, []string{"unknown: no member answers"}},
		"newest":              {"release", only(1), []string{"pass etcd-0: 3.7.3"}},
		"one before":          {"release", of("3.6.16", ""), []string{"pass etcd-0: 3.6.16"}},
		"two before":          {"release", of("3.5.35", ""), []string{"warn etcd-0: 3.5.35"}},
		"loses data":          {"release", of("3.5.2", ""), []string{"fail etcd-0: 3.5.2"}},
		"future release":      {"release", of("3.9.0", ""), []string{"pass etcd-0: 3.9.0"}},
		"own build":           {"release", of("main", ""), []string{`unknown etcd-0: version "main" cannot be parsed`}},
		"one does not answer": {"release", func(e *evidence) { only(2)(e); down(1)(e) }, []string{"pass etcd-0: 3.7.3", "unknown etcd-1: no answer within 3s"}},
	})
}

func TestClocks(t *testing.T) {
	ahead := func(aheads ...time.Duration) func(*evidence) {
		return func(e *evidence) {
			only(len(aheads))(e)
			for i, d := range aheads {
				e.members[i].clock.value = clock{ahead: d, uncertainty: 10 * time.Millisecond}
			}
		}
	}
	// dated gives members only the Date of /metrics, which has whole seconds, because their peer port requires a
	// certificate.
	dated := func(dates ...time.Time) func(*evidence) {
		return func(e *evidence) {
			only(len(dates))(e)
			for i, d := range dates {
				e.members[i].clock = observed[clock]{missing: "the peer port accepts only members"}
				e.members[i].metrics.value.date, e.members[i].metrics.value.at = d, now
			}
		}
	}
	run(t, map[string]caseOf{
		"together":               {"clock", ahead(0, 20*time.Millisecond, -30*time.Millisecond), []string{"pass: within 50ms of each other (±20ms), -30ms against this machine"}},
		"apart":                  {"clock", ahead(0, 1100*time.Millisecond), []string{"warn: against this machine: etcd-0 0s, etcd-1 +1.1s"}},
		"within the uncertainty": {"clock", ahead(0, 1010*time.Millisecond), []string{"pass: within 1.01s of each other (±20ms), 0s against this machine"}},
		"one member":             {"clock", ahead(-2 * time.Second), []string{"pass: -2s (±10ms) against this machine"}},
		"whole seconds":          {"clock", dated(now, now.Add(time.Second)), []string{"pass: within 1s of each other (±1s), +500ms against this machine"}},
		"apart by three":         {"clock", dated(now, now.Add(3*time.Second)), []string{"warn: against this machine: etcd-0 +500ms, etcd-1 +3.5s"}},
		"one does not answer":    {"clock", func(e *evidence) { only(2)(e); down(1)(e) }, []string{"unknown etcd-1: connection refused", "pass: 0s (±1ms) against this machine"}},
		"clock missing":          {"clock", dated(time.Time{}), []string{"unknown etcd-0: the peer port accepts only members"}},
	})
}
