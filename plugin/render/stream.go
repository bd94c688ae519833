package render

import (
	"io"
	"strings"
)

// tableStream writes a table whose rows come in pieces. It remembers the widths from piece to piece.
type tableStream struct {
	w       io.Writer
	columns columns
	headed  bool
}

func newTableStream(w io.Writer) *tableStream { return &tableStream{w: w} }

// rows writes the next rows, below the header where they are the first.
func (t *tableStream) rows(header []string, rows [][]Cell) error {
	if len(rows) == 0 {
		return nil
	}
	if !t.headed {
		t.headed = true
		rows = append([][]Cell{Text(header...)}, rows...)
	}
	var text strings.Builder
	t.columns.lay(&text, rows, nil)
	_, err := io.WriteString(t.w, text.String())
	return err
}
