package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// VersionText says which versions run, and where several do, on whom.
func (s Status) VersionText() string {
	by := s.Versions()
	versions := slices.Sorted(maps.Keys(by))
	if len(by) <= 1 {
		return cmp.Or(strings.Join(versions, ""), "-")
	}
	for i, v := range versions {
		versions[i] = fmt.Sprintf("%s on %s", v, strings.Join(by[v], ", "))
	}
	return strings.Join(versions, "; ")
}

// AlarmText says which alarms are raised, and by whom.
func (s Status) AlarmText() string {
	by := map[string][]string{}
	for _, m := range s.Members {
		for _, a := range m.Alarms {
			by[a] = append(by[a], m.Name)
		}
	}
	for _, a := range s.Alarms {
		by[a] = append(by[a], "no present member")
	}
	if s.Alarm != "" {
		by[s.Alarm] = append(by[s.Alarm], "a member that is told to users alone")
	}
	texts := slices.Sorted(maps.Keys(by))
	for i, a := range texts {
		texts[i] = fmt.Sprintf("%s by %s", a, strings.Join(by[a], ", "))
	}
	return strings.Join(texts, "; ")
}

// Versions returns which members run each version, of those that answer.
func (s Status) Versions() map[string][]string {
	by := map[string][]string{}
	for _, m := range s.Members {
		if m.Version != "" {
			by[m.Version] = append(by[m.Version], m.Name)
		}
	}
	return by
}
