// Package render draws documents for people, and prints them in every format.
package render

import "slices"

// A Document is a report and how it is drawn. It embeds the report, so that its JSON form, which programs get, is the
// report's.
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
