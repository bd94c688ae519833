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
	// maxTemplateBytes limits the keys and values kept in memory for a jsonpath template, which needs the whole document.
	maxTemplateBytes = 64 << 20
	// maxHeldBytes limits what is buffered of a document until it is complete.
	maxHeldBytes = 32 << 20
)

// incompleteMarker ends an incomplete document: it makes parsers of JSON and YAML fail.
const incompleteMarker = "\n(the list is incomplete and ends here)\n"

// KeyPrinter writes a report.KeyList page by page, so that a list of any length takes the memory of one page. For programs
// it buffers up to maxHeldBytes until the list is complete, so that an incomplete list is not taken for the whole one.
type KeyPrinter struct {
	w        io.Writer
	held     *heldWriter // buffers until End; nil if rows are printed at once
	format   Format
	keysOnly bool
	raw      bool // stdout is no terminal: names are written unescaped, and cells in full
	table    *tableStream
	begun    bool
	list     report.KeyList // for a jsonpath template: all keys so far
	size     int            // of list's keys and values, in bytes
	n        int64          // keys so far
}

// NewKeyPrinter returns a printer on w. With raw, a list of only keys has them unescaped.
func NewKeyPrinter(w io.Writer, format Format, keysOnly, raw bool) *KeyPrinter {
	p := &KeyPrinter{format: format, keysOnly: keysOnly, raw: raw, list: report.KeyList{Items: []report.KeyValue{}}}
	if format.Machine() {
		w = TerminalSafe(w)
	}
	if format.Machine() || raw && p.onlyKeys() {
		p.held = &heldWriter{w: w, limit: maxHeldBytes}
		w = p.held
	}
	p.w, p.table = w, newTableStream(w)
	return p
}

// onlyKeys reports whether the output is a key a line, as for grep and xargs.
func (p *KeyPrinter) onlyKeys() bool {
	return p.format == "name" || p.keysOnly && p.format == ""
}

// Page writes the next keys. The head must be the same each time.
func (p *KeyPrinter) Page(head report.KeyListHead, items []report.KeyValue) error {
	if err := p.begin(head); err != nil {
		return err
	}
	switch {
	case p.format == "json":
		return p.each(items, p.jsonItem)
	case p.format == "yaml":
		return p.each(items, p.yamlItem)
	case p.onlyKeys():
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
	if p.size > maxTemplateBytes {
		return fmt.Errorf("the list is larger than the %s that a jsonpath template accepts (use -o json, or --limit)", human.Bytes(maxTemplateBytes))
	}
	p.list.Items = append(p.list.Items, items...)
	p.n += int64(len(items))
	return nil
}

// End completes the document, and writes what was buffered.
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

// Abort ends an incomplete list. It drops what was buffered. If the buffer was exceeded and a part is written, it makes
// the document one that no parser accepts.
func (p *KeyPrinter) Abort() error {
	if p.held == nil || !p.held.passing || p.format == "name" || p.format == "" {
		return nil
	}
	_, err := io.WriteString(p.w, incompleteMarker)
	return err
}

// heldWriter buffers what is written to it, until it is released or exceeds limit.
type heldWriter struct {
	w       io.Writer
	limit   int
	passing bool // released: writes go to w
	data    bytes.Buffer
}

// Write implements io.Writer.
func (h *heldWriter) Write(p []byte) (int, error) {
	if h.passing {
		return h.w.Write(p)
	}
	h.data.Write(p)
	if h.data.Len() > h.limit {
		return len(p), h.release()
	}
	return len(p), nil
}

// release writes what was buffered; later writes are not buffered.
func (h *heldWriter) release() error {
	h.passing = true
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

// PrintValue writes only a value. With raw, which is for pipes and files, it writes the exact bytes; otherwise it escapes
// them and adds a line break.
func PrintValue(w io.Writer, kv report.KeyValue, raw bool) error {
	if raw {
		_, err := w.Write(kv.RawValue())
		return err
	}
	_, err := fmt.Fprintln(w, EscapeText(string(kv.RawValue())))
	return err
}

// PrintKey writes only a key, and a line break; without raw the key is escaped.
func PrintKey(w io.Writer, kv report.KeyValue, raw bool) error { return writeLine(w, kv.RawKey(), raw) }

func writeLine(w io.Writer, text []byte, raw bool) error {
	if !raw {
		text = []byte(escape(string(text)))
	}
	_, err := w.Write(append(text[:len(text):len(text)], '\n'))
	return err
}

// writeYAML is yaml.Marshal, which converts JSON to YAML, for any value: it first escapes the characters that JSON allows in
// a string and YAML does not.
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

// escapeJSON escapes the characters that JSON allows in a string and YAML does not
// (https://yaml.org/spec/1.2.2/#51-character-set).
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

// marshalIndent is json.MarshalIndent without escapes for <, > and &.
func marshalIndent(v any, prefix string) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetIndent(prefix, "  ")
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
