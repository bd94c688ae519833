package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRepositoryIsFoundFromBelow(t *testing.T) {
	top := t.TempDir()
	below := filepath.Join(top, "test", "sandbox")
	if err := os.MkdirAll(below, 0o755); err != nil {
		t.Fatal(err)
	}
	// The sandbox is a module too, and its name only starts like the repository's.
	for dir, module := range map[string]string{top: mainModule, below: mainModule + "/test/sandbox"} {
		if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte(module+"\n\ngo 1.26.0\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(below)
	got, err := repository()
	if err != nil || got != top {
		t.Errorf("got %q, %v, want %q", got, err, top)
	}
}

func TestOutsideARepository(t *testing.T) {
	t.Chdir(t.TempDir())
	if _, err := repository(); err == nil || !strings.Contains(err.Error(), "not inside") {
		t.Errorf("got %v", err)
	}
}

func TestCommands(t *testing.T) {
	var names []string
	for _, c := range newCommand().Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	if got := strings.Join(names, " "); got != "down smoke up" {
		t.Errorf("got %q", got)
	}
}
