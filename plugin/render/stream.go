package render

import (
	"io"
	"strings"
)

// tableStream writes a table whose rows arrive in pieces. It keeps the column widths between pieces.
type tableStream struct {
	w       io.Writer
	columns columns
	headed  bool
}

func newTableStream(w io.Writer) *tableStream { return &tableStream{w: w} }

// rows writes the next rows, after the header if they are the first.
func (t *tableStream) rows(header []string, rows [][]Cell) error {
	if len(rows) == 0 {
		return nil
	}
	if !t.headed {
		t.headed = true
		rows = append([][]Cell{Text(header...)}, rows...)
	}
	var text strings.Builder
	t.columns.write(&text, rows, nil)
	_, err := io.WriteString(t.w, text.String())
	return err
}
