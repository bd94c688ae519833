package render

import (
	"html"
	"io"
	"strings"
)

// HTML writes sections as an HTML fragment. The level of a cell is its class: good, warn or bad.
func HTML(w io.Writer, sections []Section) error {
	var out strings.Builder
	for _, s := range sections {
		out.WriteString("<section>\n")
		if title := strings.TrimSuffix(s.Title, ":"); title != "" {
			out.WriteString("<h2" + class(s.Level, false) + ">" + HTMLText(title) + "</h2>\n")
		}
		htmlLines(&out, s.Lines)
		if len(s.Header) > 0 {
			htmlTable(&out, s)
		}
		out.WriteString("</section>\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// htmlLines writes lines of one cell as a list. Lines of several cells become a table, with the first cell as row header.
func htmlLines(out *strings.Builder, lines [][]Cell) {
	width := maxCells(lines)
	switch {
	case len(lines) == 0:
	case width > 1:
		out.WriteString("<div class=\"scroll\"><table class=\"lines\">\n")
		for _, line := range lines {
			out.WriteString("<tr>")
			for i := range width {
				var c Cell
				if i < len(line) {
					c = line[i]
				}
				if i == 0 {
					c.Text = strings.TrimSuffix(c.Text, ":")
					htmlCell(out, "th scope=\"row\"", c, false)
					continue
				}
				htmlCell(out, "td", c, false)
			}
			out.WriteString("</tr>\n")
		}
		out.WriteString("</table></div>\n")
	default:
		out.WriteString("<div class=\"scroll\"><ul>\n")
		for _, line := range lines {
			for _, c := range line {
				htmlCell(out, "li", c, false)
				out.WriteString("\n")
			}
		}
		out.WriteString("</ul></div>\n")
	}
}

func htmlTable(out *strings.Builder, s Section) {
	right := numericColumns(s)
	out.WriteString("<div class=\"scroll\"><table>\n<thead><tr>")
	for i, h := range s.Header {
		htmlCell(out, "th scope=\"col\"", Cell{Text: h}, right[i])
	}
	out.WriteString("</tr></thead>\n<tbody>\n")
	for _, row := range s.Rows {
		out.WriteString("<tr>")
		for i, c := range row {
			htmlCell(out, "td", c, i < len(right) && right[i])
		}
		out.WriteString("</tr>\n")
	}
	out.WriteString("</tbody>\n</table></div>\n")
}

// htmlCell writes an element with the cell's text; element is its name with attributes.
func htmlCell(out *strings.Builder, element string, c Cell, right bool) {
	name, _, _ := strings.Cut(element, " ")
	out.WriteString("<" + element + class(c.Level, right) + ">" + HTMLText(c.Text) + "</" + name + ">")
}

func class(level Level, right bool) string {
	names := []string{}
	if name := map[Level]string{Good: "good", Warn: "warn", Bad: "bad"}[level]; name != "" {
		names = append(names, name)
	}
	if right {
		names = append(names, "number")
	}
	if len(names) == 0 {
		return ""
	}
	return " class=\"" + strings.Join(names, " ") + "\""
}

// HTMLText escapes a text for an element or a quoted attribute of HTML.
func HTMLText(s string) string { return html.EscapeString(strings.TrimSpace(escape(s))) }
