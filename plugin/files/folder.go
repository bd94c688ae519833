package files

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockName is the file in a Folder that its process locks. The lock ends with the process, even if that is killed.
const lockName = ".lock"

// lockTries bounds how often NewFolder starts over because another process's RemoveAbandoned removed the folder before
// it was locked.
const lockTries = 3

// Folder is a private folder of this process, which only its owner can enter. If the process is killed, RemoveAbandoned
// of a later process removes the folder.
type Folder struct {
	Path string
	lock *os.File // nil if the file system has no locks: then RemoveAbandoned leaves the folder alone
}

// NewFolder makes a folder in dir whose name starts with prefix.
func NewFolder(dir, prefix string) (*Folder, error) {
	for range lockTries {
		path, err := os.MkdirTemp(dir, prefix)
		if err != nil {
			return nil, err
		}
		f := &Folder{Path: path}
		err = f.acquire()
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

// acquire locks the folder. Before that, another process may remove it as abandoned.
func (f *Folder) acquire() error {
	name := filepath.Join(f.Path, lockName)
	lock, err := lockFile(name, os.O_CREATE|os.O_EXCL)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return errors.Join(err, os.Remove(name)) // RemoveAbandoned ignores folders without this file
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

// Remove removes the folder and its content.
func (f *Folder) Remove() error { return removeLocked(f.Path, f.lock) }

// RemoveAbandoned removes folders in dir that NewFolder made with that prefix, for this user, in processes that ended
// without Remove. It returns their paths. If it is not certain that a folder is one of them, it leaves it alone.
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

// private reports whether path has exactly this type and mode, and belongs to this user. It does not follow symbolic
// links.
func private(path string, mode os.FileMode) bool {
	info, err := os.Lstat(path)
	return err == nil && ownedByUser(info) && hasMode(info, mode)
}

// escapeGlob returns a glob pattern that matches only path.
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
