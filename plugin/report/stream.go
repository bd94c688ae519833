package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/liggitt/tabwriter"
	"k8s.io/cli-runtime/pkg/printers"
)

// tableStream writes a table whose rows come in pieces. The tab writer remembers the widths from piece to piece, as
// kubectl's does for a watch.
type tableStream struct {
	tabs   *tabwriter.Writer
	headed bool
}

func newTableStream(w io.Writer) *tableStream { return &tableStream{tabs: printers.GetNewTabWriter(w)} }

// rows writes the next rows, below the header where they are the first.
func (t *tableStream) rows(header []string, rows [][]Cell) error {
	if len(rows) == 0 {
		return nil
	}
	if !t.headed {
		t.headed = true
		rows = append([][]Cell{Text(header...)}, rows...)
	}
	for _, row := range rows {
		texts := make([]string, len(row))
		for i, c := range row {
			texts[i] = escape(c.Text)
		}
		if _, err := fmt.Fprintln(t.tabs, strings.Join(texts, "\t")); err != nil {
			return err
		}
	}
	return t.tabs.Flush()
}
