package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockName is the file in a Folder that its process holds a lock on: the lock ends with the process, however that ends.
const lockName = ".lock"

// lockTries bounds how often a folder is made anew because RemoveAbandoned of another process took it before its lock.
const lockTries = 3

// Folder is a folder of this process alone, which only its owner can enter. The next process finds it by RemoveAbandoned
// where this one was killed.
type Folder struct {
	Path string
	lock *os.File // nil where the file system has no locks: then nobody can tell that it is abandoned
}

// NewFolder makes a folder in dir. Its name begins with prefix.
func NewFolder(dir, prefix string) (*Folder, error) {
	for range lockTries {
		path, err := os.MkdirTemp(dir, prefix)
		if err != nil {
			return nil, err
		}
		f := &Folder{Path: path}
		err = f.take()
		if err == nil || errors.Is(err, errors.ErrUnsupported) {
			return f, nil
		}
		_ = os.RemoveAll(path) //nolint:gosec // os.MkdirTemp has just made it
		if !errors.Is(err, errLocked) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("make a folder in %q: another process removes it each time", dir)
}

// take locks the folder. Until it has, another process may take the folder for an abandoned one.
func (f *Folder) take() error {
	name := filepath.Join(f.Path, lockName)
	lock, err := lockFile(name, os.O_CREATE|os.O_EXCL)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return errors.Join(err, os.Remove(name)) // a folder without this file is nobody's to remove
	case errors.Is(err, os.ErrNotExist):
		return errLocked
	case err != nil:
		return err
	}
	held, err := lock.Stat()
	if err == nil {
		var named os.FileInfo
		if named, err = os.Lstat(name); err == nil && os.SameFile(held, named) {
			f.lock = lock
			return nil
		}
	}
	_ = lock.Close()
	return errLocked
}

// Remove removes the folder with all that is in it.
func (f *Folder) Remove() error { return removeLocked(f.Path, f.lock) }

// RemoveAbandoned removes the folders in dir that NewFolder made with that prefix, for this user, in processes that have
// ended without Remove, and returns their paths. What cannot be told to be one of them is left alone.
func RemoveAbandoned(dir, prefix string) []string {
	paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), prefix+"*"))
	if err != nil {
		return nil
	}
	var removed []string
	for _, path := range paths {
		if !private(path, os.ModeDir|folderMode) || !private(filepath.Join(path, lockName), fileMode) {
			continue
		}
		lock, err := lockFile(filepath.Join(path, lockName), 0)
		if err != nil {
			continue
		}
		if removeLocked(path, lock) == nil {
			removed = append(removed, path)
		}
	}
	return removed
}

// private reports whether a path has just this type and mode, and is this user's. It follows no symbolic link.
func private(path string, mode os.FileMode) bool {
	info, err := os.Lstat(path)
	return err == nil && own(info) && hasMode(info, mode)
}

// escapeGlob makes a pattern of a path that matches that path alone.
func escapeGlob(path string) string {
	escaped := make([]byte, 0, len(path))
	for i := range len(path) {
		if c := path[i]; (c == '*' || c == '?' || c == '[' || c == '\\') && filepath.Separator == '/' {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, path[i])
	}
	return string(escaped)
}
