package topics

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestAll(t *testing.T) {
	for _, topic := range All() {
		if topic.Title == "" || strings.HasSuffix(topic.Title, ".") || !strings.HasSuffix(topic.Text, "\n") {
			t.Errorf("%s: the title %q has no full stop, the text ends its last line", topic.Name, topic.Title)
		}
		for line := range strings.Lines(topic.Text) {
			if len(line) > 121 || strings.Contains(line, "\t") {
				t.Errorf("%s: longer than 120 columns, or with a tab: %q", topic.Name, line)
			}
		}
	}
}

func TestRead(t *testing.T) {
	got, err := read(fstest.MapFS{"b.txt": {Data: []byte("Bees\n\nThey\n\nhum.\n")}, "a.txt": {Data: []byte("Ants\n\nThey walk.\n")}, "c.go": {}})
	want := []Topic{{Name: "a", Title: "Ants", Text: "They walk.\n"}, {Name: "b", Title: "Bees", Text: "They\n\nhum.\n"}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, broken := range []string{"", "a title alone\n", "two\nlines\n\ntext\n"} {
		if _, err := read(fstest.MapFS{"x.txt": {Data: []byte(broken)}}); err == nil {
			t.Errorf("%q is read as a topic", broken)
		}
	}
}
