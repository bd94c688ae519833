package plugin

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// mention matches a command of the plugin in a text, up to the quote, bracket or punctuation that ends it.
var mention = regexp.MustCompile("kubectl etcd ([a-z][a-z-]*)([^\"`'()\n;:]*)")

// TestCommandsInSourcesAreReal checks that every command in the manifests' comments or the program's strings exists and takes the
// flags beside it. Values that are formatted at run time are not checked.
func TestCommandsInSourcesAreReal(t *testing.T) {
	seen := 0
	for name, text := range sources(t) {
		for _, m := range mention.FindAllStringSubmatch(text, -1) {
			seen++
			if problem := commandProblem(m[1], m[2]); problem != "" {
				t.Errorf("%s: %q: %s", name, m[0], problem)
			}
		}
	}
	if seen < 60 {
		t.Errorf("only %d commands were found in the sources", seen)
	}
}

// commandProblem returns what is wrong with a command and its flags, or "".
func commandProblem(word, rest string) string {
	rest, _, _ = strings.Cut(rest, " -- ")
	cmd, _, err := findCommand(append([]string{word}, strings.Fields(rest)...))
	if err != nil {
		return err.Error()
	}
	for _, flag := range regexp.MustCompile(`\s--([a-z][a-z-]*)`).FindAllStringSubmatch(rest, -1) {
		if cmd.Flags().Lookup(flag[1]) == nil && cmd.InheritedFlags().Lookup(flag[1]) == nil {
			return "no flag --" + flag[1]
		}
	}
	return ""
}

// sources returns the manifests, with each comment in one line, and the program's string literals, by file.
func sources(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (strings.HasPrefix(entry.Name(), ".") && path != ".." || entry.Name() == "testdata" || entry.Name() == "dist"):
			return fs.SkipDir
		case filepath.Ext(path) == ".yaml":
			data, err := os.ReadFile(path)
			texts[path] = regexp.MustCompile(`\n\s*#\s*`).ReplaceAllString(string(data), " ")
			return err
		case filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go"):
			text, err := literals(path)
			texts[path] = text
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// literals returns the string literals of a Go file, one a line.
func literals(path string) (string, error) {
	file, err := parser.ParseFile(gotoken.NewFileSet(), path, nil, 0)
	if err != nil {
		return "", err
	}
	var all strings.Builder
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == gotoken.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil {
				all.WriteString(text + "\n")
			}
		}
		return true
	})
	return all.String(), nil
}

func TestUnrealCommandsAreSeen(t *testing.T) {
	for line, want := range map[string]bool{
		"up %s -n %s --quota %s": true, "ctl --etcd x -- member list --nope": true, "status": true,
		"scale": false, "up --replica 3": false, "certs lst": true, // the second word may be a name
	} {
		word, rest, _ := strings.Cut(line, " ")
		if problem := commandProblem(word, " "+rest); (problem == "") != want {
			t.Errorf("%q: %s", line, problem)
		}
	}
}
