package files

import (
	"errors"
	"os"
	"syscall"
)

// errLocked reports that another process holds the lock.
var errLocked = syscall.Errno(32) // ERROR_SHARING_VIOLATION

// lockFile opens a file exclusively. It does not wait until another process closes it.
func lockFile(path string, flags int) (*os.File, error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	var create uint32 = syscall.OPEN_EXISTING
	if flags&os.O_CREATE != 0 {
		create = syscall.CREATE_NEW
	}
	handle, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, create, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), path), nil
}

// removeLocked releases the lock and removes the folder: Windows does not remove an open file.
func removeLocked(path string, lock *os.File) error {
	var err error
	if lock != nil {
		err = lock.Close()
	}
	return errors.Join(err, os.RemoveAll(path))
}

// ownedByUser returns true: the folder for temporary files is private to its user.
func ownedByUser(os.FileInfo) bool { return true }

// hasMode only compares the types: Windows has no mode bits to compare.
func hasMode(info os.FileInfo, mode os.FileMode) bool { return info.Mode().Type() == mode.Type() }
