package report

import (
	"fmt"
	"strings"
)

// List is every etcd cluster that was found, as far as Kubernetes alone tells.
type List struct {
	Meta
	Clusters    []Listed `json:"clusters"`
	NotLookedAt []string `json:"notLookedAt,omitempty"` // what could not be read, where a cluster's row is not whole for it
	All         bool     `json:"-"`                     // of all namespaces
}

// Listed is one cluster in a list.
type Listed struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
	Owner     Owner  `json:"owner"`
	Ready     int    `json:"ready"`   // members whose pods are Ready
	Members   int    `json:"members"` // that there should be
	Version   string `json:"version,omitempty"`
	NotPulled string `json:"notPulled,omitempty"` // the version that members wait for, whose image cannot be pulled
	ClientTLS *bool  `json:"clientTLS,omitempty"` // left out where it cannot be told
	Seal      string `json:"seal,omitempty"`      // closed, open, empty, missing, none; left out where it cannot be read
	Unseen    bool   `json:"-"`                   // what is left out may be there: it may not be read
}

// Owner is what makes a cluster's pods.
type Owner struct {
	Kind string `json:"kind"`
	Name string `json:"name"`
	Text string `json:"-"` // for people
}

// Names implements Document.
func (l List) Names() []string {
	names := make([]string, len(l.Clusters))
	for i, c := range l.Clusters {
		names[i] = "etcd/" + c.Name
	}
	return names
}

// Sections implements Document.
func (l List) Sections(bool) []Section {
	section := Section{Header: []string{"NAME", "READY", "VERSION", "OWNER", "CLIENTS", "SEALED"}}
	if l.All {
		section.Header = append([]string{"NAMESPACE"}, section.Header...)
	}
	for _, c := range l.Clusters {
		row := []Cell{{Text: c.Name}, c.ready(), c.version(), {Text: c.Owner.Text}, {Text: c.clients()}, c.sealed()}
		if l.All {
			row = append(Text(c.Namespace), row...)
		}
		section.Rows = append(section.Rows, row)
	}
	sections := []Section{section}
	if len(l.NotLookedAt) > 0 {
		sections = append(sections, Section{Lines: [][]Cell{Text("Not looked at:", strings.Join(l.NotLookedAt, ", "))}})
	}
	return sections
}

// notSeen is in a cell that somebody with more rights would see filled.
const notSeen = "?"

func (c Listed) clients() string {
	if c.ClientTLS == nil && c.Unseen {
		return notSeen
	}
	return clientsText(c.ClientTLS)
}

func (c Listed) version() Cell {
	if c.NotPulled == "" {
		return Cell{Text: orDash(c.Version)}
	}
	text := c.NotPulled + " (not pulled)"
	if c.Version != "" {
		text = c.Version + ", " + text
	}
	return Cell{Text: text, Level: Warn}
}

func (c Listed) ready() Cell {
	cell := Cell{Text: fmt.Sprintf("%d/%d", c.Ready, c.Members), Level: Good}
	switch {
	case c.Members == 0:
		return Cell{Text: "scaled to 0"}
	case c.Ready < c.Members/2+1:
		cell.Level = Bad
	case c.Ready < c.Members:
		cell.Level = Warn
	}
	return cell
}

func (c Listed) sealed() Cell {
	switch c.Seal {
	case "":
		return Cell{Text: notSeen, Level: Warn}
	case "none":
		return Cell{Text: "-"}
	case "closed":
		return Cell{Text: "yes", Level: Good}
	}
	return Cell{Text: "no (" + c.Seal + ")", Level: Bad}
}
