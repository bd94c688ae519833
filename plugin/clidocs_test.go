package plugin

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/util/homedir"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/topics"
)

var update = flag.Bool("update", false, "write docs/cli anew")

const cliDocs = "../docs/cli"

// TestCLIDocs checks that docs/cli is a copy of the help pages.
func TestCLIDocs(t *testing.T) {
	want := cliPages(t)
	if *update {
		if err := os.RemoveAll(cliDocs); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(cliDocs, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range want {
			if err := os.WriteFile(filepath.Join(cliDocs, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	files, err := filepath.Glob(filepath.Join(cliDocs, "*"))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		got[filepath.Base(file)] = string(data)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/cli is not what the commands say (make update writes it):\n%s", diff)
	}
}

// cliPages returns the files of docs/cli by name: one a command with its subcommands, one for all topics, and the index.
func cliPages(t *testing.T) map[string]string {
	t.Helper()
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	root := newCommand(streams)
	root.InitDefaultHelpCmd() // cobra adds it only when it runs
	index := "# The commands\n\nWhat `kubectl etcd COMMAND --help` and `kubectl etcd help TOPIC` print.\n"
	pages := map[string]string{}
	for _, g := range root.Groups() {
		index += fmt.Sprintf("\n## %s\n\n", strings.TrimSuffix(g.Title, ":"))
		for _, c := range root.Commands() {
			if c.GroupID != g.ID {
				continue
			}
			index += fmt.Sprintf("- [`kubectl etcd %s`](%[1]s.md): %s\n", c.Name(), c.Short)
			pages[c.Name()+".md"] = commandPage(t, c, "#")
		}
	}
	index += "\n## Topics\n\n"
	all := "# Topics\n"
	for _, topic := range topics.All() {
		index += fmt.Sprintf("- [`kubectl etcd help %s`](topics.md#kubectl-etcd-help-%[1]s): %s\n", topic.Name, topic.Title)
		all += fmt.Sprintf("\n## kubectl etcd help %s\n\n%s", topic.Name, fenced(helpPage(t, "help", topic.Name)))
	}
	pages["README.md"], pages["topics.md"] = index, all
	return pages
}

// commandPage returns the sections of a command and its subcommands.
func commandPage(t *testing.T, c *cobra.Command, level string) string {
	page := fmt.Sprintf("%s %s\n\n%s", level, c.CommandPath(), fenced(helpPage(t, strings.Fields(c.CommandPath() + " --help")[2:]...)))
	for _, sub := range cli.VisibleCommands(c) {
		page += "\n" + commandPage(t, sub, "##")
	}
	return page
}

func fenced(text string) string { return "```text\n" + strings.TrimRight(text, "\n") + "\n```\n" }

// helpPage returns the output of a line that prints help, with $HOME for the user's home directory.
func helpPage(t *testing.T, args ...string) string {
	t.Helper()
	streams, _, out, _ := genericiooptions.NewTestIOStreams()
	if status := execute(t.Context(), streams, args); status != cli.ExitDone {
		t.Fatalf("%q: exit status %d", args, status)
	}
	home := homedir.HomeDir()
	if home == "" {
		t.Fatal("no home directory, which stands in the default of --cache-dir")
	}
	return string(bytes.ReplaceAll(out.Bytes(), []byte(home), []byte("$HOME")))
}
