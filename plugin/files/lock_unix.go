//go:build !windows

package files

import (
	"errors"
	"os"
	"syscall"
)

// errLocked reports that another process holds the lock.
var errLocked = syscall.EWOULDBLOCK

// lockFile opens and locks a file (flock(2)). It does not wait for the lock. A child process does not inherit the file:
// Go opens files with O_CLOEXEC.
func lockFile(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|flags, fileMode) //nolint:gosec // our file name in our folder
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return f, nil
}

// removeLocked removes a folder, and releases its lock afterwards.
func removeLocked(path string, lock *os.File) error {
	err := os.RemoveAll(path) //nolint:gosec // the lock in it shows that it is ours
	if lock != nil {
		_ = lock.Close()
	}
	return err
}

func ownedByUser(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

func hasMode(info os.FileInfo, mode os.FileMode) bool { return info.Mode() == mode }
