package plugin

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"mvdan.cc/sh/v3/syntax"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/topics"
)

// documents reads every Markdown file of the repository, by its path from there.
func documents(t *testing.T) map[string]string {
	t.Helper()
	docs := map[string]string{}
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(entry.Name(), ".") && path != "." && path != ".github"
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (hidden || path == "dist"):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		data, err := fs.ReadFile(root, path)
		docs[path] = string(data)
		return err
	})
	if err != nil || len(docs) < 10 {
		t.Fatalf("%d documents: %v", len(docs), err)
	}
	return docs
}

// Every command that is shown somewhere is one that there is, with flags and arguments that it takes. A word in capitals
// stands for what a reader fills in.
func TestDocumentedCommandsAreReal(t *testing.T) {
	shown := 0
	for name, text := range documents(t) {
		for _, script := range scripts(text) {
			shown += checkCommands(t, name, script)
		}
	}
	eachCommandBelow(t, func(c *cobra.Command) { shown += checkCommands(t, "help of "+c.CommandPath(), c.Example) })
	for _, topic := range topics.All() {
		for line := range strings.Lines(topic.Text) {
			if command := strings.TrimSpace(line); strings.HasPrefix(command, "kubectl etcd ") {
				shown += checkCommands(t, "topic "+topic.Name, command)
			}
		}
	}
	if shown < 150 {
		t.Errorf("only %d commands were found in the documents", shown)
	}
}

func eachCommandBelow(t *testing.T, visit func(*cobra.Command)) {
	var descend func(*cobra.Command)
	descend = func(c *cobra.Command) {
		visit(c)
		for _, sub := range c.Commands() {
			descend(sub)
		}
	}
	eachCommand(t, descend)
}

// scripts are what a document has a reader type: its blocks of sh, and of console what stands behind the prompt.
func scripts(text string) []string {
	var list []string
	for _, block := range regexp.MustCompile("(?ms)^```(sh|console)\n(.*?)^```").FindAllStringSubmatch(text, -1) {
		script := block[2]
		if block[1] == "console" {
			script = atPrompts(script)
		}
		list = append(list, script)
	}
	return list
}

// atPrompts takes out of a terminal's text what was typed, with the lines that a backslash continues.
func atPrompts(text string) string {
	var script strings.Builder
	more := false
	for line := range strings.Lines(text) {
		command, prompt := strings.CutPrefix(line, "$ ")
		if !prompt && !more {
			continue
		}
		script.WriteString(command)
		more = strings.HasSuffix(strings.TrimSpace(command), `\`)
	}
	return script.String()
}

// checkCommands returns how many of our commands a script has.
func checkCommands(t *testing.T, where, script string) int {
	t.Helper()
	file, err := syntax.NewParser().Parse(strings.NewReader(script), where)
	if err != nil {
		t.Errorf("%s: %v\n%s", where, err, script)
		return 0
	}
	count := 0
	syntax.Walk(file, func(node syntax.Node) bool {
		if call, ok := node.(*syntax.CallExpr); ok {
			if args := words(call); len(args) > 2 && args[0] == "kubectl" && args[1] == "etcd" {
				count++
				if err := parses(args[2:]); err != nil {
					t.Errorf("%s: %q: %v", where, strings.Join(args, " "), err)
				}
			}
		}
		return true
	})
	return count
}

// words are a command's, each as it stands where the shell has something to fill in.
func words(call *syntax.CallExpr) []string {
	var list []string
	for _, w := range call.Args {
		text := w.Lit()
		if text == "" {
			var raw strings.Builder
			if err := syntax.NewPrinter().Print(&raw, w); err == nil {
				text = strings.Trim(raw.String(), `'"`)
			}
		}
		list = append(list, text)
	}
	return list
}

// parses tells whether the command line would come as far as asking a cluster.
func parses(args []string) error {
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	root := newCommand(streams)
	root.InitDefaultHelpFlag()
	cmd, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	cmd.InitDefaultHelpFlag()
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	positional := cmd.Flags().Args()
	if err := cmd.ValidateArgs(positional); err != nil {
		return err
	}
	if len(positional) > 0 && cmd.HasSubCommands() && !strings.Contains(cmd.Use, " ") {
		return unknownCommand(cmd, positional[0])
	}
	return nil
}

func TestWrongCommandsAreSeen(t *testing.T) {
	for line, want := range map[string]bool{
		"status":                          true,
		"status NAME -n NAMESPACE":        true,
		"drill leader --force":            true,
		"get k | wc -l && kubectl etcd x": false,
		"statu":                           false,
		"status --nope":                   false,
		"replace":                         false,
		"certs lst":                       false,
		"put key":                         false,
	} {
		inner := &testing.T{}
		if checkCommands(inner, "here", "kubectl etcd "+line); inner.Failed() == want {
			t.Errorf("%q: seen as right: %t", line, !inner.Failed())
		}
	}
}

func TestAtPrompts(t *testing.T) {
	got := atPrompts("$ a \\\n  --b\nsays this\n\n$ c\nand that\n")
	if diff := cmp.Diff("a \\\n  --b\nc\n", got); diff != "" {
		t.Error(diff)
	}
}

var link = regexp.MustCompile(`\]\(([^)\s]+)\)`)

// Every link to a file of the repository, and to a heading of a document, leads somewhere.
func TestDocumentedLinksLead(t *testing.T) {
	docs := documents(t)
	for name, text := range docs {
		for _, match := range link.FindAllStringSubmatch(prose(text), -1) {
			if err := leads(docs, name, match[1]); err != nil {
				t.Errorf("%s: link to %q: %v", name, match[1], err)
			}
		}
	}
	for target, want := range map[string]bool{"README.md#install": true, "README.md#nowhere": false, "nothing.md": false, "docs": true} {
		if err := leads(docs, "here.md", target); (err == nil) != want {
			t.Errorf("link to %q: %v", target, err)
		}
	}
}

// prose is a document without its blocks of code.
func prose(text string) string {
	return regexp.MustCompile("(?ms)^```.*?^```").ReplaceAllString(text, "")
}

func leads(docs map[string]string, from, target string) error {
	if strings.Contains(target, "://") {
		return nil // the internet is not ours to test
	}
	file, anchor, _ := strings.Cut(target, "#")
	path := from
	if file != "" {
		path = filepath.ToSlash(filepath.Join(filepath.Dir(from), file))
	}
	if _, err := os.Stat(filepath.Join("..", path)); err != nil {
		return err
	}
	if anchor == "" || filepath.Ext(path) != ".md" {
		return nil
	}
	if !slices.Contains(anchors(docs[path]), anchor) {
		return fmt.Errorf("%s has no such heading", path)
	}
	return nil
}

// anchors are those that GitHub gives headings.
func anchors(text string) []string {
	var list []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(prose(text), -1) {
		id := strings.ToLower(regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(heading[1], ""))
		list = append(list, strings.ReplaceAll(id, " ", "-"))
	}
	return list
}

// Every target of make that a document names is in the Makefile.
func TestDocumentedTargetsAreReal(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range documents(t) {
		for _, match := range regexp.MustCompile("`make ([a-z][a-z0-9-]*)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+match[1]+":") {
				t.Errorf("%s: there is no %q in the Makefile", name, "make "+match[1])
			}
		}
	}
}
