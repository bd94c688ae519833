package programs

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// manifest has the objects that a program needs in the cluster, from the module that the program is built from. It is copied
// at build time: go:embed cannot read another module, a copy in this repository would have to be kept in sync by hand, and
// the module cache may be gone when the sandbox starts.
type manifest struct {
	module string
	files  string // a glob pattern below the module's folder
	name   string // the file that they are joined into
}

// write writes the manifest from the module's folder, which Go has unpacked for the build.
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

// join joins the files into one stream of YAML documents.
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
