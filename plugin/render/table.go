package render

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/fatih/color"
	"k8s.io/cli-runtime/pkg/printers"
)

// painter colours a cell by its level. Every level has a code of the same length: the tab writer counts bytes, and a column
// stays aligned if every cell has a code. A nil painter does not colour.
type painter map[Level]*color.Color

func newPainter() painter {
	p := painter{
		Plain: color.New(color.Attribute(39)),
		Good:  color.New(color.FgGreen),
		Warn:  color.New(color.FgYellow),
		Bad:   color.New(color.FgRed),
	}
	for _, c := range p {
		c.EnableColor()
	}
	return p
}

func (p painter) paint(c Cell) string {
	text := escape(c.Text)
	if p == nil {
		return text
	}
	return p[c.Level].Sprint(text)
}

func printSections(w io.Writer, sections []Section, coloured bool) error {
	var paint painter
	if coloured {
		paint = newPainter()
	}
	for i, s := range sections {
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := printSection(w, s, paint); err != nil {
			return err
		}
	}
	return nil
}

func printSection(w io.Writer, s Section, paint painter) error {
	if s.Title != "" {
		title := s.Title
		if s.Level != Plain {
			title = paint.paint(Cell{Text: title, Level: s.Level})
		}
		if _, err := fmt.Fprintln(w, title); err != nil {
			return err
		}
	}
	if err := printRows(w, s.Lines, paint); err != nil {
		return err
	}
	if len(s.Header) == 0 {
		return nil
	}
	var text strings.Builder
	(&columns{}).write(&text, append([][]Cell{Text(s.Header...)}, s.Rows...), paint)
	_, err := io.WriteString(w, text.String())
	return err
}

const (
	// minColumnWidth is the minimal width of a column including the gap after it, as in kubectl's tables.
	minColumnWidth = 6
	columnGap      = 3
	// maxPaddedCell is the longest cell that widens its column. A longer one shifts only the rest of its own row: otherwise a
	// key of 10 KiB would pad every row to its length.
	maxPaddedCell = 120
)

// columns has the widths of a table's columns, which grow with the rows.
type columns struct{ widths []int }

// write writes rows with aligned columns. The last cell of a row is not padded.
func (c *columns) write(out *strings.Builder, rows [][]Cell, paint painter) {
	for _, row := range rows {
		for i := range row[:max(len(row)-1, 0)] {
			if i == len(c.widths) {
				c.widths = append(c.widths, minColumnWidth-columnGap)
			}
			if n := utf8.RuneCountInString(escape(row[i].Text)); n <= maxPaddedCell {
				c.widths[i] = max(c.widths[i], n)
			}
		}
	}
	for _, row := range rows {
		for i, cell := range row {
			out.WriteString(paint.paint(cell))
			if i < len(row)-1 {
				n := utf8.RuneCountInString(escape(cell.Text))
				out.WriteString(strings.Repeat(" ", max(c.widths[i]-n, 0)+columnGap))
			}
		}
		out.WriteByte('\n')
	}
}

func printRows(w io.Writer, rows [][]Cell, paint painter) error {
	tabs := printers.GetNewTabWriter(w)
	for _, row := range rows {
		texts := make([]string, len(row))
		for i, c := range row {
			texts[i] = paint.paint(c)
		}
		if _, err := fmt.Fprintln(tabs, strings.Join(texts, "\t")); err != nil {
			return err
		}
	}
	return tabs.Flush()
}
