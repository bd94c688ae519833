package render

import (
	"strings"

	"github.com/dustin/go-humanize"
)

func ifSet(set bool, text string) string {
	if !set {
		return "-"
	}
	return text
}

func orDash(s string) string { return ifSet(s != "", s) }

func count(n int) string { return humanize.Comma(int64(n)) }

func counted(n int, one, many string) string { return count(n) + " " + choose(n == 1, one, many) }

func choose(first bool, yes, no string) string {
	if first {
		return yes
	}
	return no
}

// lines returns one section with a line for each text.
func lines(texts ...string) []Section {
	var section Section
	for _, t := range texts {
		section.Lines = append(section.Lines, Text(t))
	}
	return []Section{section}
}

// listSection returns a section with a title and an indented line for each text.
func listSection(title string, level Level, texts []string) Section {
	s := Section{Title: title, Level: level}
	for _, text := range texts {
		s.Lines = append(s.Lines, []Cell{{Text: "  " + text, Level: level}})
	}
	return s
}

// block returns lines with a name in the first column, and in the second the texts and then the steps of the remedy.
func block(name Cell, texts []string, remedy string) [][]Cell {
	for _, step := range strings.Split(remedy, "\n") {
		if step != "" {
			texts = append(texts, "> "+step)
		}
	}
	var lines [][]Cell
	for _, text := range texts {
		if text != "" {
			lines = append(lines, []Cell{name, {Text: text}})
			name = Cell{Level: name.Level}
		}
	}
	return lines
}
