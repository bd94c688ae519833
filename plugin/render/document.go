// Package render draws reports for people, and prints them in every output format.
package render

import "slices"

// A Document is a report with a way to draw it. It embeds the report, so that its JSON form is the report's.
type Document interface {
	// Sections returns the document for people; with wide it has every column.
	Sections(wide bool) []Section
	// Names returns the lines of -o name, each "resource/name".
	Names() []string
}

// A Section is one block of a printed report: lines, then a table.
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

// Level is how good or bad the state in a cell is. It decides the cell's colour; nothing else is coloured.
type Level int

// The levels, from the least to the most severe.
const (
	Plain Level = iota
	Good
	Warn
	Bad
)

// A Cell is a text with the level of the state that it shows.
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
