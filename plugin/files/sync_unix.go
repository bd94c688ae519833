//go:build !windows

package files

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes a rename survive a crash of the machine: the name of a file is in its folder (fsync(2)).
func syncFolder(path string) error {
	folder, err := os.Open(path) //nolint:gosec // the user chose where to write
	if err != nil {
		if errors.Is(err, os.ErrPermission) { // a folder with write but no read permission
			return nil
		}
		return err
	}
	err = folder.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) { // the file system cannot sync folders
		err = nil
	}
	return errors.Join(err, folder.Close())
}
