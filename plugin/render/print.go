package render

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/client-go/util/jsonpath"
)

// Format is an output format: "" (a table), "wide", "name", "json", "yaml" or "jsonpath=TEMPLATE".
type Format string

const jsonpathPrefix = "jsonpath="

// Validate returns an error if the format is unknown, or its template does not parse.
func (f Format) Validate() error {
	switch {
	case f == "", f == "wide", f == "name", f == "json", f == "yaml":
		return nil
	case strings.HasPrefix(string(f), jsonpathPrefix):
		_, err := parseJSONPath(string(f))
		return err
	}
	return fmt.Errorf("unknown output format %q (use wide, name, json, yaml or jsonpath=TEMPLATE)", string(f))
}

// Machine reports whether the format is for programs rather than people.
func (f Format) Machine() bool { return f != "" && f != "wide" }

// Print writes the report to w; coloured says whether the states in a table are coloured. On a terminal control characters
// are escaped in every format; in a table they always are.
func Print(w io.Writer, doc Document, format Format, coloured bool) error {
	raw := !isTerminal(w)
	if format.Machine() {
		w = TerminalSafe(w)
	}
	switch format {
	case "", "wide":
		return printSections(w, doc.Sections(format == "wide"), coloured)
	case "name":
		for _, name := range doc.Names() {
			if err := writeLine(w, []byte(name), raw); err != nil {
				return err
			}
		}
		return nil
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(doc)
	case "yaml":
		return writeYAML(w, doc)
	}
	return printJSONPath(w, doc, string(format))
}

func parseJSONPath(format string) (*jsonpath.JSONPath, error) {
	template := strings.TrimPrefix(format, jsonpathPrefix)
	if !strings.Contains(template, "{") {
		template = "{" + template + "}" // kubectl accepts templates without braces too
	}
	path := jsonpath.New("output").AllowMissingKeys(true)
	if err := path.Parse(template); err != nil {
		return nil, fmt.Errorf("output format %q: %w (quote it as -o jsonpath='{.cluster}')", format, err)
	}
	return path, nil
}

func printJSONPath(w io.Writer, doc any, format string) error {
	path, err := parseJSONPath(format)
	if err != nil {
		return err
	}
	// The template uses the JSON field names, so it is executed on the JSON form.
	data, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	var tree any
	if err := json.Unmarshal(data, &tree); err != nil {
		return err
	}
	if err := path.Execute(w, tree); err != nil {
		return fmt.Errorf("output format %q: %w", format, err)
	}
	_, err = fmt.Fprintln(w)
	return err
}
