package test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestTroubleshooting checks that each error that docs/troubleshooting.md quotes, in its headings of the third level, is in
// the source. Users search for the errors that they see.
func TestTroubleshooting(t *testing.T) {
	quoted := quotedErrors(t, filepath.Join("..", "docs", "troubleshooting.md"))
	if len(quoted) < 20 {
		t.Fatalf("%d texts are quoted: are the headings still written as ### `text`?", len(quoted))
	}
	said := literals(t, filepath.Join("..", "plugin"))
	for _, text := range quoted {
		if !slices.ContainsFunc(said, func(s string) bool { return strings.Contains(s, text) }) {
			t.Errorf("no string of the source says %q (a … stands for a verb such as %%q)", text)
		}
	}
}

// quotedErrors returns the headings of the third level, each of which is one code span.
func quotedErrors(t *testing.T, file string) []string {
	t.Helper()
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, line := range strings.Split(string(page), "\n") {
		heading, is := strings.CutPrefix(line, "### ")
		if !is {
			continue
		}
		text := strings.Trim(heading, "`")
		if heading != "`"+text+"`" {
			t.Errorf("the heading %q quotes nothing", heading)
		}
		texts = append(texts, text)
	}
	return texts
}

// verb matches a verb of fmt, with its flags and index.
var verb = regexp.MustCompile(`%[-+# 0]*(\[\d+\])?[\d.]*[a-zA-Z]`)

// literals returns the strings of the Go files below a folder, without tests, with … for each verb. A concatenation is one
// string.
func literals(t *testing.T, folder string) []string {
	t.Helper()
	var texts []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if e, is := n.(ast.Expr); is {
				if text := constant(e); text != "" {
					texts = append(texts, verb.ReplaceAllString(text, "…"))
					return false
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// constant returns the string that an expression is, or "". An operand that is no literal becomes …, like a verb.
func constant(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); e.Kind == token.STRING && err == nil {
			return text
		}
	case *ast.BinaryExpr:
		left, right := constant(e.X), constant(e.Y)
		if e.Op != token.ADD || left+right == "" {
			return ""
		}
		return orEllipsis(left) + orEllipsis(right)
	}
	return ""
}

func orEllipsis(text string) string {
	if text == "" {
		return "…"
	}
	return text
}
