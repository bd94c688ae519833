//go:build !windows

package files

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes a rename outlast a crash of the machine: it is the folder that has a file's name (fsync(2)).
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the user chose where to write
	if err != nil {
		if errors.Is(err, os.ErrPermission) { // one that may be written to and not be read
			return nil
		}
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // file systems that have none for folders
		err = nil
	}
	return errors.Join(err, folder.Close())
}
