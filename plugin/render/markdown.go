package render

import (
	"io"
	"strings"
)

// Markdown writes sections in GitHub's Markdown, for a pull request, an issue or a wiki. Tables get an empty header if they
// have none, as GitHub requires one. Bad cells are bold.
func Markdown(w io.Writer, sections []Section) error {
	var out strings.Builder
	for i, s := range sections {
		if i > 0 {
			out.WriteString("\n")
		}
		if title := strings.TrimSuffix(s.Title, ":"); title != "" {
			out.WriteString("### " + MarkdownText(title) + "\n\n")
		}
		markdownLines(&out, s.Lines)
		if len(s.Header) == 0 {
			continue
		}
		if len(s.Lines) > 0 {
			out.WriteString("\n")
		}
		markdownRow(&out, Text(s.Header...), len(s.Header))
		markdownRule(&out, numericColumns(s))
		for _, row := range s.Rows {
			markdownRow(&out, row, len(s.Header))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// markdownLines writes lines of one cell as a list, and lines of several as a table.
func markdownLines(out *strings.Builder, lines [][]Cell) {
	width := maxCells(lines)
	if width > 1 {
		markdownRow(out, nil, width)
		markdownRule(out, make([]bool, width))
	}
	for _, line := range lines {
		if width > 1 {
			markdownRow(out, line, width)
			continue
		}
		for _, c := range line {
			out.WriteString("- " + bold(MarkdownText(c.Text), c.Level) + "\n")
		}
	}
}

func markdownRow(out *strings.Builder, row []Cell, width int) {
	out.WriteString("|")
	for i := range width {
		text := ""
		if i < len(row) {
			text = bold(escapeInline(row[i].Text), row[i].Level)
		}
		out.WriteString(" " + text + strings.Repeat(" ", min(len(text), 1)) + "|")
	}
	out.WriteString("\n")
}

func markdownRule(out *strings.Builder, right []bool) {
	out.WriteString("|")
	for _, r := range right {
		out.WriteString(choose(r, " ---: |", " --- |"))
	}
	out.WriteString("\n")
}

func bold(text string, level Level) string {
	if level == Bad && text != "" {
		return "**" + text + "**"
	}
	return text
}

// MarkdownText escapes a text for Markdown, wherever it stands: it stays on one line and starts no markup, HTML or list.
func MarkdownText(s string) string {
	text := escapeInline(s)
	if text != "" && strings.ContainsRune("+-=", rune(text[0])) {
		return `\` + text
	}
	if i := strings.IndexAny(text, ".)"); i > 0 && digits(text[:i]) { // "1." begins a list
		return text[:i] + `\` + text[i:]
	}
	return text
}

// escapeInline escapes a text for a place where no list can start.
func escapeInline(s string) string {
	var out strings.Builder
	for _, r := range strings.TrimSpace(escape(s)) {
		switch {
		case r == '<':
			out.WriteString("&lt;")
			continue
		case r == '&':
			out.WriteString("&amp;")
			continue
		case strings.ContainsRune("\\`*_{}[]>|~#!$", r):
			out.WriteByte('\\')
		}
		out.WriteRune(r)
	}
	return out.String()
}

func digits(s string) bool { return strings.Trim(s, "0123456789") == "" }

// maxCells returns the number of cells in the longest line.
func maxCells(lines [][]Cell) int {
	width := 0
	for _, line := range lines {
		width = max(width, len(line))
	}
	return width
}

// numericColumns returns which columns of a section's table have only numbers, and so are aligned right.
func numericColumns(s Section) []bool {
	right := make([]bool, len(s.Header))
	for i := range right {
		for _, row := range s.Rows {
			if i >= len(row) || row[i].Text == "-" {
				continue
			}
			if right[i] = isNumber(row[i].Text); !right[i] {
				break
			}
		}
	}
	return right
}

// isNumber reports whether a text is a number or a duration.
func isNumber(s string) bool {
	return s != "" && strings.ContainsRune("-0123456789", rune(s[0])) && strings.Trim(s, "0123456789.,-nµmsh") == ""
}
