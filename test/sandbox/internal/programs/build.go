package programs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Builder builds the programs of recipes.
type Builder struct {
	Source   string // the folder test/sandbox
	Cache    string
	All      bool // with the extras, which only some tests need
	Progress io.Writer
}

// Built has the directories of the built programs.
type Built struct {
	recipes []recipe
	dirs    map[string]string // recipe -> directory
}

// Key identifies the results of some recipes together.
func (b *Built) Key(recipes ...string) string {
	var keys []string
	for _, r := range recipes {
		keys = append(keys, filepath.Base(b.dirs[r]))
	}
	return strings.Join(keys, " ")
}

// Program returns the path of a recipe's program.
func (b *Built) Program(recipe, program string) string {
	return filepath.Join(b.dirs[recipe], program)
}

// EtcdRecipe returns the name of the recipe of an etcd version.
func EtcdRecipe(version string) string { return "etcd-" + version }

// Build builds everything that the cache does not have.
func (b Builder) Build(ctx context.Context) (*Built, error) {
	toolchain, err := output(ctx, b.Source, "go", "env", "GOVERSION", "GOOS", "GOARCH")
	if err != nil {
		return nil, fmt.Errorf("ask for the Go toolchain: %w", err)
	}
	built := &Built{recipes: recipes(b.All), dirs: map[string]string{}}
	for _, r := range built.recipes {
		key, err := r.key(b.Source, toolchain)
		if err != nil {
			return nil, err
		}
		dir := filepath.Join(b.Cache, key)
		if _, err := os.Stat(dir); err != nil {
			if err := b.build(ctx, r, dir); err != nil {
				return nil, fmt.Errorf("build %s: %w", r.name, err)
			}
		}
		touch(dir)
		built.dirs[r.name] = dir
	}
	return built, prune(b.Cache, time.Now().Add(-unused))
}

// build fills a new directory, and renames it once it is complete.
func (b Builder) build(ctx context.Context, r recipe, dir string) error {
	fmt.Fprintf(b.Progress, "building %s (%s)\n", r.name, r.minutes)
	start := time.Now()
	if err := os.MkdirAll(b.Cache, 0o755); err != nil {
		return err
	}
	part, err := os.MkdirTemp(b.Cache, "part-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(part) }() // prune removes the rest later
	args := []string{"build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w " + r.ldflags, "-o", part + "/"}
	if _, err := output(ctx, filepath.Join(b.Source, r.module), "go", append(args, r.packages...)...); err != nil {
		return err
	}
	for from, to := range r.programs {
		if err := os.Rename(filepath.Join(part, from), filepath.Join(part, to)); err != nil {
			return err
		}
	}
	if r.manifest != nil {
		if err := r.manifest.write(ctx, filepath.Join(b.Source, r.module), part); err != nil {
			return err
		}
	}
	if err := os.Chmod(part, 0o755); err != nil {
		return err
	}
	if err := os.Rename(part, dir); err != nil {
		return err
	}
	fmt.Fprintf(b.Progress, "built %s in %s\n", r.name, time.Since(start).Round(time.Second))
	return nil
}

// output runs the Go command without the caller's settings: a workspace or a vendor flag must not change the result.
func output(ctx context.Context, dir, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-mod=readonly", "GOWORK=off", "GOOS=", "GOARCH=")
	var out, errOut bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(errOut.String())
		if len(text) > 2000 {
			text = "…" + text[len(text)-2000:]
		}
		return "", fmt.Errorf("%w: %s", err, text)
	}
	return out.String(), nil
}

// Install puts the programs into the sandbox's bin directory, with etcd and its tools in the newest version.
func (b *Built) Install(bin string) error {
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return fmt.Errorf("install the programs: %w", err)
	}
	for _, r := range b.recipes {
		for _, program := range r.programs {
			// The older versions' programs have the same names.
			if strings.HasPrefix(r.name, "etcd-") && r.name != EtcdRecipe(NewestEtcd()) {
				continue
			}
			if err := Place(b.Program(r.name, program), filepath.Join(bin, program)); err != nil {
				return fmt.Errorf("install %q: %w", program, err)
			}
		}
		if r.manifest != nil {
			if err := Place(b.Program(r.name, r.manifest.name), filepath.Join(bin, r.manifest.name)); err != nil {
				return fmt.Errorf("install %q: %w", r.manifest.name, err)
			}
		}
		for _, link := range r.links {
			if err := symlink(r.name, filepath.Join(bin, link)); err != nil {
				return fmt.Errorf("install %q: %w", link, err)
			}
		}
	}
	return nil
}

func symlink(to, path string) error {
	if got, err := os.Readlink(path); err == nil && got == to {
		return nil
	}
	if err := os.RemoveAll(path); err != nil {
		return err
	}
	return os.Symlink(to, path)
}

// InstallSelf keeps a copy of the running program, which `go run` would remove.
func InstallSelf(bin string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	part := filepath.Join(bin, "sandbox.part")
	if err := copyFile(self, part); err != nil {
		return fmt.Errorf("install the sandbox's own program: %w", err)
	}
	return os.Rename(part, filepath.Join(bin, "sandbox"))
}
