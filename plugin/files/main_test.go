package files

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// folderVariable makes this test binary make a Folder in the given folder, print its path, and wait until it is killed.
const folderVariable = "FILES_TEST_FOLDER"

func TestMain(m *testing.M) {
	if dir := os.Getenv(folderVariable); dir != "" {
		f, err := NewFolder(dir, prefix)
		if err == nil {
			err = Write(filepath.Join(f.Path, "key"), []byte("secret"))
		}
		if err != nil {
			os.Exit(1)
		}
		_, _ = os.Stdout.WriteString(f.Path + "\n")
		time.Sleep(time.Minute) // it is killed before that
		_ = f.Remove()
	}
	os.Exit(m.Run())
}
