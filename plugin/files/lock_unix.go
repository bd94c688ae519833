//go:build !windows

package files

import (
	"errors"
	"os"
	"syscall"
)

// errLocked says that another process holds a lock.
var errLocked = syscall.EWOULDBLOCK

// lockFile opens a file and takes the lock on it (flock(2)), or fails at once. A child process does not inherit it: Go
// opens files with O_CLOEXEC.
func lockFile(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|syscall.O_NOFOLLOW|flags, fileMode) //nolint:gosec // a name of ours in a folder of ours
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

// removeLocked removes a folder, and gives back the lock on it only then.
func removeLocked(path string, lock *os.File) error {
	err := os.RemoveAll(path) //nolint:gosec // the lock in it shows that it is one of ours
	if lock != nil {
		_ = lock.Close()
	}
	return err
}

func own(info os.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Geteuid()
}

func hasMode(info os.FileInfo, mode os.FileMode) bool { return info.Mode() == mode }
