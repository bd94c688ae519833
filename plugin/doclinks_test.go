package plugin

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// link matches an inline link, or the definition of a reference link.
var link = regexp.MustCompile(`(?m)\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)`)

// onTheWeb matches links to this repository's files on GitHub.
var onTheWeb = regexp.MustCompile(`https://github\.com/kubectl-etcd/kubectl-etcd/(?:blob|tree)/main/([^)\s"]+)`)

// TestDocumentedLinksLead checks that every link to a file of the repository or to a heading has a target.
func TestDocumentedLinksLead(t *testing.T) {
	docs := documents(t)
	for name, text := range docs {
		for _, match := range link.FindAllStringSubmatch(prose(text), -1) {
			if err := checkLink(docs, name, match[1]+match[2]); err != nil {
				t.Errorf("%s: link to %q: %v", name, match[0], err)
			}
		}
	}
	for _, name := range []string{"krew/etcd.yaml.tmpl", ".github/ISSUE_TEMPLATE/config.yml", ".github/ISSUE_TEMPLATE/bug.yml"} {
		text, err := os.ReadFile("../" + name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range onTheWeb.FindAllStringSubmatch(string(text), -1) {
			if err := checkLink(docs, "README.md", match[1]); err != nil {
				t.Errorf("%s: link to %q: %v", name, match[0], err)
			}
		}
	}
	for target, want := range map[string]bool{
		"README.md#install": true, "README.md#nowhere": false, "nothing.md": false, "docs": true,
		"https://github.com/kubectl-etcd/kubectl-etcd/blob/main/nothing.md": false, "https://github.com/kubectl-etcd/kubectl-etcd/tree/main/docs": true,
		"https://example.com/nothing": true,
	} {
		if err := checkLink(docs, "here.md", target); (err == nil) != want {
			t.Errorf("link to %q: %v", target, err)
		}
	}
}

// prose returns a document without its code blocks.
func prose(text string) string {
	return fence.ReplaceAllString(text, "")
}

func checkLink(docs map[string]string, from, target string) error {
	if own := onTheWeb.FindStringSubmatch(target); own != nil {
		return checkLink(docs, "README.md", own[1])
	}
	if strings.Contains(target, "://") {
		return nil // links to other sites are not checked
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

// anchors returns the anchors that GitHub gives a document's headings.
func anchors(text string) []string {
	var list []string
	for _, heading := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(prose(text), -1) {
		id := strings.ToLower(regexp.MustCompile(`[^\p{L}\p{N}_ -]`).ReplaceAllString(heading[1], ""))
		list = append(list, strings.ReplaceAll(id, " ", "-"))
	}
	return list
}

// TestDocumentedTargetsAreReal checks that every make target in a document is in the Makefile.
func TestDocumentedTargetsAreReal(t *testing.T) {
	makefile, err := os.ReadFile("../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range documents(t) {
		text = regexp.MustCompile(`(?m)^(.*?)\s#.*$`).ReplaceAllString(text, "$1") // a comment after a command
		for _, match := range regexp.MustCompile("(?m)(?:`|^[ \t]*|&& |sudo )make ([a-z][a-z0-9-]*)(?: [A-Z]+=\\S+)*(?:`|$| &&)").FindAllStringSubmatch(text, -1) {
			if !strings.Contains(string(makefile), "\n"+match[1]+":") {
				t.Errorf("%s: there is no %q in the Makefile", name, "make "+match[1])
			}
		}
	}
}
