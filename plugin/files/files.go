// Package files writes files that are nobody else's to read, whole or not at all.
package files

import (
	"os"
	"path/filepath"

	"github.com/moby/sys/atomicwriter"
)

// What a file and a folder of ours let others do. The umask takes nothing from a file's, and so cannot make one that its
// owner cannot read. Windows knows no such modes: there the folder's access list counts, which a profile has for its
// owner alone.
const (
	fileMode   = 0o600
	folderMode = 0o700
)

// Write puts data into the file at path, whose folder must exist. Whoever looks sees what was there before or all of the
// new, also after a crash: it is written beside it, synced, and renamed over it. After an error what was there before
// still is, and nothing else. The file's mode is 0600 from its first byte on, whatever the one before had; one that is
// no regular file, a symbolic link say, is refused.
func Write(path string, data []byte) error {
	if err := atomicwriter.WriteFile(path, data, fileMode); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// Check reports whether Write could put a file at path now: what cannot be had again is not to be lost for a bad path. It
// makes a file beside it, as Write does, and removes that.
func Check(path string) error {
	f, err := atomicwriter.New(path, fileMode)
	if err != nil {
		return err
	}
	return f.Close() // unwritten, it replaces nothing
}

// MakeFolder makes a folder, and those above it that are missing, that only its owner can enter. One that is there keeps
// its mode.
func MakeFolder(path string) error { return os.MkdirAll(path, folderMode) }
