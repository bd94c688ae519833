package programs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// manifest is what a program applies to the cluster before it works, out of the
// very module that the program is built from. It is copied at build time: go:embed
// does not reach into another module, a copy among our sources would have to be
// kept in step by hand, and the module cache may be gone when the sandbox starts.
type manifest struct {
	module string
	files  string // a pattern below the module's folder
	name   string // of the one file they become
}

// write asks Go where the module is, which it has unpacked for the build.
func (m manifest) write(ctx context.Context, dir, to string) error {
	folder, err := output(ctx, dir, "go", "list", "-m", "-f", "{{.Dir}}", m.module)
	if err != nil {
		return fmt.Errorf("ask for the folder of %q: %w", m.module, err)
	}
	text, err := m.join(strings.TrimSpace(folder))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(to, m.name), text, 0o644)
}

// join makes one stream of YAML documents of the files.
func (m manifest) join(folder string) ([]byte, error) {
	pattern := filepath.Join(folder, m.files)
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("%q matches no file (did a new version of %q move them?)", pattern, m.module)
	}
	var text bytes.Buffer
	for _, path := range paths { // sorted
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		fmt.Fprintf(&text, "---\n%s\n", data)
	}
	return text.Bytes(), nil
}
