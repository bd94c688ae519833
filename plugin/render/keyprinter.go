package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

const (
	// heldForTemplate bounds what is kept in memory for a jsonpath template, which wants the whole document.
	heldForTemplate = 64 << 20
	// heldBack bounds what is kept back of a document until it is known to be whole.
	heldBack = 32 << 20
)

// brokenOff ends a document that is not whole: neither a parser of JSON nor one of YAML takes it.
const brokenOff = "\n(the list breaks off here)\n"

// KeyPrinter writes a KeyList page by page, so that a list of any length takes the memory of one page, or of heldBack
// where programs read it: what looks like an answer is to be one.
type KeyPrinter struct {
	w        io.Writer
	held     *heldWriter // what is not printed before the end; nil where rows are printed as they come
	format   Format
	keysOnly bool
	raw      bool // stdout is no terminal: names may be written as they are, and cells whole
	table    *tableStream
	begun    bool
	list     report.KeyList // for a template: everything so far
	size     int            // of that, in bytes
	n        int64
}

// NewKeyPrinter returns a printer on w. With raw, keys in a bare list are written byte by byte.
func NewKeyPrinter(w io.Writer, format Format, keysOnly, raw bool) *KeyPrinter {
	p := &KeyPrinter{format: format, keysOnly: keysOnly, raw: raw, list: report.KeyList{Items: []report.KeyValue{}}}
	if format.Machine() {
		w = Harmless(w)
	}
	if format.Machine() || raw && p.bare() {
		p.held = &heldWriter{w: w, limit: heldBack}
		w = p.held
	}
	p.w, p.table = w, newTableStream(w)
	return p
}

// bare reports whether keys stand alone, one a line: they are read by grep and xargs more often than by people.
func (p *KeyPrinter) bare() bool {
	return p.format == "name" || p.keysOnly && p.format == ""
}

// Page writes the next keys. The head has to be the same each time.
func (p *KeyPrinter) Page(head report.KeyListHead, items []report.KeyValue) error {
	if err := p.begin(head); err != nil {
		return err
	}
	switch {
	case p.format == "json":
		return p.each(items, p.jsonItem)
	case p.format == "yaml":
		return p.each(items, p.yamlItem)
	case p.bare():
		return p.each(items, func(kv report.KeyValue) error { return writeLine(p.w, kv.RawKey(), p.raw) })
	case !p.format.Machine():
		var rows [][]Cell
		for _, kv := range items {
			rows = append(rows, keyRow(kv, p.format == "wide", p.raw))
		}
		p.n += int64(len(items))
		return p.table.rows(keyHeader(p.format == "wide"), rows)
	}
	for _, kv := range items {
		p.size += len(kv.RawKey()) + len(kv.RawValue())
	}
	if p.size > heldForTemplate {
		return fmt.Errorf("the list is larger than the %s that a jsonpath template can be given (use -o json, or --limit)", human.Bytes(heldForTemplate))
	}
	p.list.Items = append(p.list.Items, items...)
	p.n += int64(len(items))
	return nil
}

// End completes the document, and prints what was held back of it.
func (p *KeyPrinter) End(head report.KeyListHead, more bool) error {
	if err := p.begin(head); err != nil {
		return err
	}
	var err error
	tail := report.KeyListTail{Count: p.n, More: more}
	switch {
	case p.format == "json":
		err = p.jsonEnd(tail)
	case p.format == "yaml":
		err = p.yamlEnd(tail)
	case p.format.Machine() && p.format != "name":
		p.list.KeyListTail = tail
		err = printJSONPath(p.w, p.list, string(p.format))
	}
	if err != nil || p.held == nil {
		return err
	}
	return p.held.release()
}

// BreakOff ends a list that is not whole. What was held back of it is dropped; a document of which there was too much to
// hold back is made one that no parser takes.
func (p *KeyPrinter) BreakOff() error {
	if p.held == nil || !p.held.open || p.format == "name" || p.format == "" {
		return nil
	}
	_, err := io.WriteString(p.w, brokenOff)
	return err
}

// heldWriter keeps back what is written to it, until it is released or becomes more than limit.
type heldWriter struct {
	w     io.Writer
	limit int
	open  bool
	data  bytes.Buffer
}

// Write implements io.Writer.
func (h *heldWriter) Write(p []byte) (int, error) {
	if h.open {
		return h.w.Write(p)
	}
	h.data.Write(p)
	if h.data.Len() > h.limit {
		return len(p), h.release()
	}
	return len(p), nil
}

// release writes what was held back, and from then on everything at once.
func (h *heldWriter) release() error {
	h.open = true
	_, err := h.data.WriteTo(h.w)
	h.data = bytes.Buffer{}
	return err
}

func (p *KeyPrinter) each(items []report.KeyValue, write func(report.KeyValue) error) error {
	for _, kv := range items {
		if err := write(kv); err != nil {
			return err
		}
		p.n++
	}
	return nil
}

func (p *KeyPrinter) begin(head report.KeyListHead) error {
	if p.begun {
		return nil
	}
	p.begun, p.list.KeyListHead = true, head
	switch p.format {
	case "json":
		text, err := marshalIndent(head, "")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(p.w, "%s,\n  \"items\": [", bytes.TrimSuffix(text, []byte("\n}")))
		return err
	case "yaml":
		return writeYAML(p.w, head)
	}
	return nil
}

func (p *KeyPrinter) jsonItem(kv report.KeyValue) error {
	text, err := marshalIndent(kv, "    ")
	if err != nil {
		return err
	}
	separator := ","
	if p.n == 0 {
		separator = ""
	}
	_, err = fmt.Fprintf(p.w, "%s\n    %s", separator, text)
	return err
}

func (p *KeyPrinter) jsonEnd(tail report.KeyListTail) error {
	text, err := marshalIndent(tail, "")
	if err != nil {
		return err
	}
	end := "\n  ]"
	if p.n == 0 {
		end = "]"
	}
	_, err = fmt.Fprintf(p.w, "%s,%s\n", end, bytes.TrimPrefix(text, []byte("{")))
	return err
}

func (p *KeyPrinter) yamlItem(kv report.KeyValue) error {
	if p.n == 0 {
		if _, err := io.WriteString(p.w, "items:\n"); err != nil {
			return err
		}
	}
	return writeYAML(p.w, []report.KeyValue{kv})
}

func (p *KeyPrinter) yamlEnd(tail report.KeyListTail) error {
	if p.n == 0 {
		if _, err := io.WriteString(p.w, "items: []\n"); err != nil {
			return err
		}
	}
	return writeYAML(p.w, tail)
}

// PrintValue writes a value alone: byte by byte to a pipe or a file, so that what comes out is what went in; made
// harmless, and ended with a line break, to a terminal.
func PrintValue(w io.Writer, kv report.KeyValue, raw bool) error {
	if raw {
		_, err := w.Write(kv.RawValue())
		return err
	}
	_, err := fmt.Fprintln(w, EscapeText(string(kv.RawValue())))
	return err
}

// PrintKey writes a key alone, on a line.
func PrintKey(w io.Writer, kv report.KeyValue, raw bool) error { return writeLine(w, kv.RawKey(), raw) }

func writeLine(w io.Writer, text []byte, raw bool) error {
	if !raw {
		text = []byte(escape(string(text)))
	}
	_, err := w.Write(append(text[:len(text):len(text)], '\n'))
	return err
}

// writeYAML does what yaml.Marshal does, which makes YAML out of JSON, also where JSON has what YAML may have in escapes
// alone: a value may be anything.
func writeYAML(w io.Writer, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	if text, err = yaml.JSONToYAML(escapeJSON(text)); err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// escapeJSON escapes what JSON lets stand in a string and YAML does not (https://yaml.org/spec/1.2.2/#51-character-set).
func escapeJSON(text []byte) []byte {
	if !bytes.ContainsFunc(text, unfitForYAML) {
		return text
	}
	var out bytes.Buffer
	for _, r := range string(text) {
		if unfitForYAML(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}

func unfitForYAML(r rune) bool {
	return unicode.IsControl(r) && r != '\n' || r == '\ufffe' || r == '\uffff'
}

// marshalIndent is json.MarshalIndent with <, > and & as they are.
func marshalIndent(v any, prefix string) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
