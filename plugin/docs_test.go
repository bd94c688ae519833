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

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/topics"
)

// documents returns the repository's Markdown files by their paths.
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

// TestDocumentedCommandsAreReal checks that every command in the documents and help pages exists and accepts its flags and
// arguments. A word in capitals is a placeholder.
func TestDocumentedCommandsAreReal(t *testing.T) {
	shown := 0
	for name, text := range documents(t) {
		for _, script := range scripts(text) {
			shown += checkCommands(t, name, script)
		}
		for _, span := range regexp.MustCompile("`(kubectl etcd [^`]*)`").FindAllStringSubmatch(prose(text), -1) {
			if !strings.ContainsAny(span[1], "<[|…") { // a synopsis
				shown++
				checkMention(t, name, span[1])
			}
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

// fence matches a fenced code block, which may be indented in a list.
var fence = regexp.MustCompile("(?ms)^([ \t]*)```(\\w*)\n(.*?)^[ \t]*```")

// scripts returns a document's shell scripts: its blocks of sh, and the commands after the prompts of its blocks of console.
func scripts(text string) []string {
	var list []string
	for _, block := range fence.FindAllStringSubmatch(text, -1) {
		script := regexp.MustCompile("(?m)^"+block[1]).ReplaceAllString(block[3], "")
		switch block[2] {
		case "sh", "bash", "shell":
			list = append(list, script)
		case "console":
			list = append(list, atPrompts(script))
		}
	}
	return list
}

// atPrompts returns the commands in a terminal's text, with the lines that continue them.
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

// checkMention checks that a command in prose and its flags exist. Its arguments may be left out.
func checkMention(t *testing.T, where, command string) {
	t.Helper()
	cmd, flags, err := findCommand(strings.Fields(command)[2:])
	if err == nil && cmd.HasParent() {
		err = cmd.ParseFlags(flags)
	}
	if err != nil {
		t.Errorf("%s: %q: %v", where, command, err)
	}
}

// checkCommands checks the plugin's commands in a script, and returns how many there are.
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
			if args := wordsOf(call); len(args) > 2 && args[0] == "kubectl" && args[1] == "etcd" {
				count++
				if err := checkCommandLine(args[2:]); err != nil {
					t.Errorf("%s: %q: %v", where, strings.Join(args, " "), err)
				}
			}
		}
		return true
	})
	return count
}

// wordsOf returns the words of a command. One that the shell would expand is returned as it is written.
func wordsOf(call *syntax.CallExpr) []string {
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

// findCommand returns the command of a line, and its arguments and flags.
func findCommand(args []string) (*cobra.Command, []string, error) {
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	root := newCommand(streams)
	root.InitDefaultHelpCmd()
	cmd, rest, err := root.Find(args)
	if err != nil {
		return nil, nil, err
	}
	if cmd == root && len(rest) > 0 && !isPlaceholder(rest[0]) && !strings.HasPrefix(rest[0], "-") {
		return nil, nil, cli.UnknownCommand(root, rest[0])
	}
	cmd.InitDefaultHelpFlag()
	return cmd, rest, nil
}

// isPlaceholder reports whether a word is in capitals, as NAME.
func isPlaceholder(word string) bool { return word == strings.ToUpper(word) }

// checkCommandLine returns the usage error of a line, or nil.
func checkCommandLine(args []string) error {
	cmd, rest, err := findCommand(args)
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(rest); err != nil {
		return err
	}
	positional := cmd.Flags().Args()
	if err := cmd.ValidateArgs(positional); err != nil {
		return err
	}
	if len(positional) > 0 && cmd.HasSubCommands() && !strings.Contains(cmd.Use, " ") {
		return cli.UnknownCommand(cmd, positional[0])
	}
	if cmd.Name() == "help" && cmd.Parent() == cmd.Root() {
		streams, _, _, _ := genericiooptions.NewTestIOStreams()
		return help((&cli.Factory{IOStreams: streams}), cmd.Root(), positional)
	}
	if len(positional) > 0 && (cmd.Name() == "drill" || cmd.Name() == "completion") {
		if err := isOffered(cmd, cmd.ValidArgsFunction, cmd.CommandPath(), positional[0]); err != nil {
			return err
		}
	}
	return checkChoices(cmd)
}

// checkChoices returns an error if a flag with a fixed list of values has another one. The list is the flag's completion.
func checkChoices(cmd *cobra.Command) error {
	for _, name := range []string{"overlay", "tls", "expose", "color", "output", "dry-run", "replicas"} {
		flag := cmd.Flags().Lookup(name)
		if flag == nil || !flag.Changed || flag.Value.Type() == "bool" || strings.HasPrefix(flag.Value.String(), "jsonpath=") {
			continue
		}
		f, ok := cmd.GetFlagCompletionFunc(name)
		if !ok {
			return fmt.Errorf("--%s is not completed", name)
		}
		if err := isOffered(cmd, f, "--"+name, flag.Value.String()); err != nil {
			return err
		}
	}
	return nil
}

func isOffered(cmd *cobra.Command, f cobra.CompletionFunc, what, word string) error {
	offers, _ := f(cmd, nil, "")
	known := slices.ContainsFunc(offers, func(offer string) bool { return strings.Split(offer, "\t")[0] == word })
	if !known && !isPlaceholder(word) {
		return fmt.Errorf("%s %q is not among %q", what, word, offers)
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

func TestWrongMentionsAreSeen(t *testing.T) {
	for mention, want := range map[string]bool{
		"kubectl etcd replace": true, "kubectl etcd completion --help": true, "kubectl etcd COMMAND --help": true, "kubectl etcd --help": true,
		"kubectl etcd nonsense": false, "kubectl etcd status --nope": false,
	} {
		inner := &testing.T{}
		if checkMention(inner, "here", mention); inner.Failed() == want {
			t.Errorf("%q: seen as right: %t", mention, !inner.Failed())
		}
	}
}

func TestScripts(t *testing.T) {
	got := scripts("```sh\na\n```\n1. in a list\n\n   ```bash\n   b\n     c\n   ```\n```text\nd\n```\n```console\n$ e\nf\n```\n")
	if diff := cmp.Diff([]string{"a\n", "b\n  c\n", "e\n"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestAtPrompts(t *testing.T) {
	got := atPrompts("$ a \\\n  --b\nsays this\n\n$ c\nand that\n")
	if diff := cmp.Diff("a \\\n  --b\nc\n", got); diff != "" {
		t.Error(diff)
	}
}
