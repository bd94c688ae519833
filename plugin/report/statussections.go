package report

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// The shares of the quota from which a database is nearly full, and as good as full: etcd's own alerts call 95 %
// critical (contrib/mixin, etcdDatabaseQuotaLowSpace). At 100 % every write is refused.
const (
	QuotaHigh = 0.80
	QuotaFull = 0.95
)

// Names implements Document: what makes the pods, where that is an object, else the pods.
func (s Status) Names() []string {
	var names []string
	switch s.Owner.Kind {
	case "", "Node", "none":
		for _, m := range s.Members {
			if m.Pod != "" {
				names = append(names, "pod/"+m.Pod)
			}
		}
		return names
	}
	kind := strings.ToLower(s.Owner.Kind)
	if kind == "statefulset" || kind == "deployment" {
		kind += ".apps"
	}
	for name := range strings.SplitSeq(s.Owner.Name, ",") {
		names = append(names, kind+"/"+name)
	}
	return names
}

// Sections implements Document: the summary, the members, what is wrong, in this order. The cluster's name, at the head,
// has the colour of the worst state below it.
func (s Status) Sections(wide bool) []Section {
	sections := []Section{{Lines: s.summary()}, memberSection(s.Members, wide)}
	sections = append(sections, memberErrors(s.Members)...)
	sections = append(sections, s.warnings()...)
	head := &sections[0].Lines[0][1]
	for _, section := range sections {
		head.Level = max(head.Level, section.worst())
	}
	if len(s.NotLookedAt) > 0 {
		sections = append(sections, Section{Lines: [][]Cell{Text("Not looked at:", strings.Join(s.NotLookedAt, ", "))}})
	}
	return sections
}

func (s Status) summary() [][]Cell {
	lines := [][]Cell{
		{{Text: "Cluster:"}, {Text: s.Namespace + "/" + s.Cluster}},
		{{Text: "Owner:"}, {Text: orDash(s.Owner.Text)}},
		{{Text: "Health:"}, s.health()},
		{{Text: "Leader:"}, s.leader()},
		{{Text: "Version:"}, s.version()},
		{{Text: "Revision:"}, {Text: ifSet(s.Revision > 0, strconv.FormatInt(s.Revision, 10))}},
		{{Text: "Data:"}, s.data()},
		{{Text: "Clients:"}, {Text: clientsText(s.ClientTLS)}},
		{{Text: "Sealed:"}, s.sealed()},
	}
	for _, b := range s.LoadBalancers {
		lines = append(lines, []Cell{{Text: "Outside:"}, b.cell()})
	}
	if alarms := s.AlarmText(); alarms != "" {
		lines = append(lines, []Cell{{Text: "Alarms:"}, {Text: alarms, Level: Bad}})
	}
	if s.Operation != "" {
		lines = append(lines, []Cell{{Text: "Operation:"}, {Text: s.Operation, Level: Warn}})
	}
	return lines
}

func (s Status) health() Cell {
	word, level := s.state()
	switch word {
	case scaledToZero:
		return Cell{Text: word + ": it has no members", Level: level}
	case severalClusters:
		return Cell{Text: word + ": no quorum is counted over them (see Warnings)", Level: level}
	case notKnown:
		return Cell{Text: fmt.Sprintf("%s: none of %d members lets itself be asked (see Problems)", word, len(s.Members)), Level: level}
	}
	text := fmt.Sprintf("%s: %d of %d members (a quorum needs %d)", word, s.healthyVoters(), len(s.Members), s.Quorum.Need)
	return Cell{Text: strings.Join(append([]string{text}, s.Unfinished...), "; "), Level: level}
}

func (s Status) healthyVoters() int {
	healthy := 0
	for _, m := range s.Members {
		if m.Healthy && m.Role != Learner {
			healthy++
		}
	}
	return healthy
}

func (s Status) leader() Cell {
	if s.SeveralClusters() {
		return Cell{Text: orDash(strings.Join(s.Leaders(), " and ")) + ", of several clusters", Level: Bad}
	}
	if claims := s.Leaders(); len(claims) > 1 {
		return Cell{Text: fmt.Sprintf("claimed by %s (term %d is the newest)", strings.Join(claims, " and "), s.Term), Level: Bad}
	}
	switch {
	case s.Leader == "" && (s.Quorum.Have > 0 || s.Bar() != ""): // what they serve takes a leader, but they may not tell which
		return Cell{Text: "unknown"}
	case s.Leader == "":
		return Cell{Text: "none", Level: Bad}
	}
	return Cell{Text: fmt.Sprintf("%s, term %d", s.Leader, s.Term)}
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

// VersionText says which versions run, and where several do, on whom.
func (s Status) VersionText() string {
	by := s.Versions()
	versions := slices.Sorted(maps.Keys(by))
	if len(by) <= 1 {
		return orDash(strings.Join(versions, ""))
	}
	for i, v := range versions {
		versions[i] = fmt.Sprintf("%s on %s", v, strings.Join(by[v], ", "))
	}
	return strings.Join(versions, "; ")
}

func (s Status) version() Cell {
	if len(s.Versions()) > 1 {
		return Cell{Text: "mixed: " + s.VersionText(), Level: Warn}
	}
	return Cell{Text: s.VersionText()}
}

// Fullest returns the member whose database has the largest share of its quota, of those that answer.
func (s Status) Fullest() Member {
	var fullest Member
	for _, m := range s.Members {
		if m.Version != "" && (fullest.Version == "" || m.QuotaShare() > fullest.QuotaShare()) {
			fullest = m
		}
	}
	return fullest
}

// QuotaShare returns how much of its quota a member's database takes, or 0 where it has none that is known.
func (m Member) QuotaShare() float64 {
	if m.QuotaBytes <= 0 {
		return 0
	}
	return float64(m.DBSizeBytes) / float64(m.QuotaBytes)
}

func (s Status) data() Cell {
	m := s.Fullest()
	if m.Version == "" {
		return Cell{Text: "-"}
	}
	text := fmt.Sprintf("%s (%s in use)", bytesText(m.DBSizeBytes), bytesText(m.DBInUseBytes))
	if m.QuotaBytes <= 0 {
		return Cell{Text: text}
	}
	level := Plain
	switch share := m.QuotaShare(); {
	case share >= QuotaFull:
		level = Bad
	case share >= QuotaHigh:
		level = Warn
	}
	return Cell{Text: fmt.Sprintf("%s, %s of the quota of %s", text, Percent(m.QuotaShare()), bytesText(m.QuotaBytes)), Level: level}
}

// Percent prints a share for people.
func Percent(share float64) string {
	if share > 0 && share < 0.01 {
		return "less than 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

func clientsText(tls *bool) string {
	switch {
	case tls == nil:
		return "-"
	case *tls:
		return "TLS"
	}
	return "plain text"
}

func (s Status) sealed() Cell {
	switch s.Seal {
	case "closed":
		return Cell{Text: "yes", Level: Good}
	case "empty":
		return Cell{Text: "no", Level: Bad}
	case "none":
		return Cell{Text: "no (deployed by other means)"} // which is no mistake
	}
	return Cell{Text: "no (" + s.Seal + ")", Level: Bad}
}

// AlarmText says which alarms are raised, and by whom.
func (s Status) AlarmText() string {
	by := map[string][]string{}
	for _, m := range s.Members {
		for _, a := range m.Alarms {
			by[a] = append(by[a], m.Name)
		}
	}
	for _, a := range s.LeftAlarms {
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

func (s Status) warnings() []Section {
	section := Section{Title: "Warnings:", Level: Warn}
	for _, w := range s.Warnings {
		section.Lines = append(section.Lines, []Cell{{Text: "  " + w.Message, Level: Warn}})
		for line := range strings.SplitSeq(w.Remedy, "\n") {
			section.Lines = append(section.Lines, Text("    "+line))
		}
	}
	if len(section.Lines) == 0 {
		return nil
	}
	return []Section{section}
}

func bytesText(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func ifSet(set bool, text string) string {
	if !set {
		return "-"
	}
	return text
}

func orDash(s string) string { return ifSet(s != "", s) }
