package programs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// CacheDir returns the folder with the built programs of all of the user's checkouts.
func CacheDir(fallback string) string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return filepath.Join(fallback, "cache") // no home directory
	}
	return filepath.Join(dir, "kubectl-etcd-sandbox")
}

// unused is how long an unused result stays in the cache.
const unused = 30 * 24 * time.Hour

func touch(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now) // if it fails, the result is built again at worst
}

// prune removes results that were not used for that long.
func prune(cache string, since time.Time) error {
	entries, err := os.ReadDir(cache)
	if err != nil {
		return fmt.Errorf("prune the cache of programs: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || info.ModTime().After(since) {
			continue
		}
		if err := os.RemoveAll(filepath.Join(cache, e.Name())); err != nil {
			return fmt.Errorf("prune the cache of programs: %w", err)
		}
	}
	return nil
}

// key identifies the result of a recipe: the same sources, toolchain and flags give the same key in every checkout.
func (r recipe) key(source, toolchain string) (string, error) {
	hash := sha256.New()
	fmt.Fprintln(hash, toolchain, r.packages, r.ldflags, r.programs)
	if r.manifest != nil {
		fmt.Fprintln(hash, *r.manifest)
	}
	dir := filepath.Join(source, r.module)
	// The repository's own module is large and changes often. Its programs need only their package's folder.
	if r.module == "." || r.module == repository {
		dir = filepath.Join(dir, r.packages[0])
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		fmt.Fprintf(hash, "%s %d\n%s", name, len(data), data)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("read the recipe of %s: %w", r.name, err)
	}
	return r.name + "-" + hex.EncodeToString(hash.Sum(nil))[:16], nil
}

// Place puts a cached file where it is used: as a hard link if the file system allows it, or else as a copy.
func Place(from, to string) error {
	a, err := os.Stat(from)
	if err != nil {
		return err
	}
	if b, err := os.Stat(to); err == nil && os.SameFile(a, b) {
		return nil
	}
	part := to + ".part"
	if err := os.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(from, part) != nil {
		if err := copyFile(from, part); err != nil {
			return err
		}
	}
	return os.Rename(part, to) // atomic, also over a running program
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, info.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		return errors.Join(err, out.Close())
	}
	return out.Close()
}
