// Package report holds the structs that a command prints and the one printer for them.
package report

import (
	"slices"
	"time"
)

// APIVersion is the version of every report in its JSON and YAML form.
const APIVersion = "etcd.kubectl.dev/v1"

// Meta is the head of every report, so that a script can tell what it reads.
type Meta struct {
	Kind       string `json:"kind"`
	APIVersion string `json:"apiVersion"`
}

// NewMeta returns the head of a report of the given kind.
func NewMeta(kind string) Meta { return Meta{Kind: kind, APIVersion: APIVersion} }

// Head is the head of a report about one cluster.
type Head struct {
	Meta
	Cluster   string `json:"cluster"`
	Namespace string `json:"namespace"`
}

// NewHead returns the head of a report of the given kind.
func NewHead(kind, namespace, cluster string) Head {
	return Head{Meta: NewMeta(kind), Cluster: cluster, Namespace: namespace}
}

// A Document is a report that can be printed in every format.
type Document interface {
	// Sections returns what a person reads; wide asks for every column.
	Sections(wide bool) []Section
	// Names returns one "resource/name" a line for -o name.
	Names() []string
}

// A Section is one block of a printed report: loose lines, then a table.
type Section struct {
	Title  string
	Level  Level // of the title
	Lines  [][]Cell
	Header []string
	Rows   [][]Cell
}

// worst returns the level of the worst state in the section.
func (s Section) worst() Level {
	worst := s.Level
	for _, row := range slices.Concat(s.Lines, s.Rows) {
		for _, c := range row {
			worst = max(worst, c.Level)
		}
	}
	return worst
}

// Level says how good or bad the state in a cell is. Colour follows it, and nothing else is coloured.
type Level int

// The levels of a state, from the one that counts least to the worst.
const (
	Plain Level = iota
	Good
	Warn
	Bad
)

// A Cell is a piece of text with the level of the state it tells.
type Cell struct {
	Text  string
	Level Level
}

// Text returns plain cells.
func Text(texts ...string) []Cell {
	cells := make([]Cell, len(texts))
	for i, t := range texts {
		cells[i].Text = t
	}
	return cells
}

// State returns a cell that is good or bad.
func State(text string, good bool) Cell {
	if good {
		return Cell{Text: text, Level: Good}
	}
	return Cell{Text: text, Level: Bad}
}

// Millis rounds a duration for people: to the microsecond under 10 ms, else to the millisecond.
func Millis(d time.Duration) string {
	if d < 10*time.Millisecond {
		return d.Round(10 * time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}
