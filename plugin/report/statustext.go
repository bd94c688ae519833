package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// VersionText returns the version that the members run; if they run several, each with its members.
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

// AlarmText returns the active alarms, each with the members that raised it.
func (s Status) AlarmText() string {
	by := map[string][]string{}
	for _, m := range s.Members {
		for _, a := range m.Alarms {
			by[a] = append(by[a], m.Name)
		}
	}
	for _, a := range s.Alarms {
		by[a] = append(by[a], "no current member")
	}
	if s.Alarm != "" {
		by[s.Alarm] = append(by[s.Alarm], "an unknown member (etcd names it to users only)")
	}
	texts := slices.Sorted(maps.Keys(by))
	for i, a := range texts {
		texts[i] = fmt.Sprintf("%s by %s", a, strings.Join(by[a], ", "))
	}
	return strings.Join(texts, "; ")
}

// Versions returns the names of the members that run each version, of those that answered.
func (s Status) Versions() map[string][]string {
	by := map[string][]string{}
	for _, m := range s.Members {
		if m.Version != "" {
			by[m.Version] = append(by[m.Version], m.Name)
		}
	}
	return by
}
