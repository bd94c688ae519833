package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

type eventDocument struct{ report.Event }

// Event draws report.Event.
func Event(e report.Event) Document { return eventDocument{e} }

// Sections implements Document.
func (e eventDocument) Sections(wide bool) []Section {
	return []Section{{Header: eventHeader(wide), Rows: [][]Cell{eventRow(e.Event, wide, false)}}}
}

func eventHeader(wide bool) []string {
	header := []string{"REVISION", "EVENT", "KEY", "VALUE"}
	if wide {
		header = append(header, "CREATED AT", "VERSION", "LEASE")
	}
	return header
}

func eventRow(e report.Event, wide, raw bool) []Cell {
	kind := fmt.Sprintf("%-6s", e.Type) // padded to the widest kind, so that the first delete does not shift the columns
	key, value := keyCells(e.KeyValue, wide || raw)
	row := Text(strconv.FormatInt(e.Revision, 10), kind, key, value)
	if wide {
		row = append(row, Text(strconv.FormatInt(e.CreateRevision, 10), strconv.FormatInt(e.Version, 10), orDash(e.Lease))...)
	}
	return row
}

// EventPrinter writes events as they arrive: a row, a line of JSON, or a YAML document each.
type EventPrinter struct {
	w      io.Writer
	format Format
	raw    bool
	table  *tableStream
}

// NewEventPrinter returns a printer on w. With raw, -o name writes keys unescaped, and rows have keys and values in full.
func NewEventPrinter(w io.Writer, format Format, raw bool) *EventPrinter {
	if format.Machine() {
		w = TerminalSafe(w)
	}
	return &EventPrinter{w: w, format: format, raw: raw, table: newTableStream(w)}
}

// Print writes one event.
func (p *EventPrinter) Print(e report.Event) error {
	switch {
	case !p.format.Machine():
		wide := p.format == "wide"
		return p.table.rows(eventHeader(wide), [][]Cell{eventRow(e, wide, p.raw)})
	case p.format == "json":
		enc := json.NewEncoder(p.w) // without indentation: consumers read it line by line
		enc.SetEscapeHTML(false)
		return enc.Encode(e)
	case p.format == "yaml":
		if _, err := fmt.Fprintln(p.w, "---"); err != nil {
			return err
		}
	case p.format == "name":
		return writeLine(p.w, e.RawKey(), p.raw)
	}
	return Print(p.w, Event(e), p.format, false)
}
