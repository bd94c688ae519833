// Package files writes private files atomically.
package files

import (
	"os"
	"path/filepath"

	"github.com/moby/sys/atomicwriter"
)

// The modes of our files and folders. A file gets its mode regardless of the umask, which could make a file that its
// owner cannot read. Windows has no such modes: there the folder's access list counts, and a user's profile is private
// by default.
const (
	fileMode   = 0o600
	folderMode = 0o700
)

// Write writes data to the file at path, whose folder must exist. The write is atomic, also after a crash: readers see
// the previous content or all of the new one. It writes a file in the same folder, syncs it, and renames it. After an
// error the previous file is unchanged. The mode is 0600 from the start, whatever it was before. Write refuses to
// replace anything but a regular file, for example a symbolic link.
func Write(path string, data []byte) error {
	if err := atomicwriter.WriteFile(path, data, fileMode); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Check returns an error if Write could not write to path now, for callers whose data cannot be produced again. It
// makes a temporary file in the same folder, as Write does, and removes it.
func Check(path string) error {
	f, err := atomicwriter.New(path, fileMode)
	if err != nil {
		return err
	}
	return f.Close() // without a write, the file at path is not replaced
}

// MakeFolder makes a folder and its missing parents, which only the owner can enter. An existing folder keeps its mode.
func MakeFolder(path string) error { return os.MkdirAll(path, folderMode) }
