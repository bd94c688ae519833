package files

import (
	"errors"
	"os"
	"syscall"
)

// errLocked says that another process holds a lock.
var errLocked = syscall.Errno(32) // ERROR_SHARING_VIOLATION

// lockFile opens a file so that nobody else can until it is closed, or fails at once.
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

// removeLocked removes a folder. Windows removes no file that is open.
func removeLocked(path string, lock *os.File) error {
	var err error
	if lock != nil {
		err = lock.Close()
	}
	return errors.Join(err, os.RemoveAll(path))
}

// own is true: the folder for temporary files is its user's alone.
func own(os.FileInfo) bool { return true }

// hasMode compares types alone: Windows has no modes that would tell more.
func hasMode(info os.FileInfo, mode os.FileMode) bool { return info.Mode().Type() == mode.Type() }
