// Package topics holds the pages of "kubectl etcd help TOPIC".
package topics

import (
	"embed"
	"fmt"
	"io/fs"
	"strings"
)

//go:embed *.txt
var files embed.FS

// Topic is a help page: a file whose first line is the title, and whose text follows an empty line.
type Topic struct{ Name, Title, Text string }

// All returns all topics, sorted by name.
func All() []Topic {
	list, err := read(files)
	if err != nil {
		panic(err) // the embedded files are invalid
	}
	return list
}

func read(fsys fs.FS) ([]Topic, error) {
	names, err := fs.Glob(fsys, "*.txt")
	if err != nil {
		return nil, err
	}
	list := make([]Topic, 0, len(names))
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		title, text, ok := strings.Cut(string(data), "\n\n")
		if !ok || strings.Contains(title, "\n") {
			return nil, fmt.Errorf("%s: no title on a line of its own", name)
		}
		list = append(list, Topic{Name: strings.TrimSuffix(name, ".txt"), Title: title, Text: text})
	}
	return list, nil
}
