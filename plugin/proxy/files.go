package proxy

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
)

// folderPrefix is the prefix of the names of our folders.
const folderPrefix = "kubectl-etcd-proxy-"

// Files are the paths of the files that a client needs for TLS; "" is none.
type Files struct{ CA, Cert, Key string }

// complete reports whether all files are set.
func (f Files) complete() bool { return f.CA != "" && f.Cert != "" && f.Key != "" }

// sessionFiles are the files of a session: those that the user gave, unchanged, and those found in the cluster, in a
// private folder.
type sessionFiles struct {
	Files
	given   Files
	folder  *files.Folder
	written credentials.PEM
}

// writeFiles writes the files that were found in the cluster.
func writeFiles(found credentials.PEM, given Files) (*sessionFiles, error) {
	folder, err := privateFolder()
	if err != nil {
		return nil, err
	}
	k := &sessionFiles{given: given, folder: folder}
	if _, err := k.write(found); err != nil {
		k.remove()
		return nil, err
	}
	return k, nil
}

// write updates the files, and reports whether any has changed. The key is written before its certificate. A client
// that reads them in between fails in its own library, and retries.
func (k *sessionFiles) write(found credentials.PEM) (changed bool, err error) {
	for _, f := range []struct {
		name  string
		given string
		found []byte
		last  *[]byte
		file  *string
	}{
		{"ca.crt", k.given.CA, found.CA, &k.written.CA, &k.CA},
		{"client.key", k.given.Key, found.Key, &k.written.Key, &k.Key},
		{"client.crt", k.given.Cert, found.Cert, &k.written.Cert, &k.Cert},
	} {
		switch {
		case f.given != "":
			*f.file, err = filepath.Abs(f.given)
		case f.found != nil && !bytes.Equal(f.found, *f.last):
			*f.file = filepath.Join(k.folder.Path, f.name)
			err = files.Write(*f.file, f.found)
			*f.last, changed = f.found, true
		}
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}

// remove removes the files.
func (k *sessionFiles) remove() { _ = k.folder.Remove() }

// privateFolder makes a folder that only this user can enter, in XDG_RUNTIME_DIR (in memory) if it is set. It removes
// the folders of processes that were killed, because each has a private key.
func privateFolder() (*files.Folder, error) {
	memory := os.Getenv("XDG_RUNTIME_DIR")
	for _, dir := range []string{memory, os.TempDir()} {
		if dir != "" {
			files.RemoveAbandoned(dir, folderPrefix)
		}
	}
	if memory != "" {
		if folder, err := files.NewFolder(memory, folderPrefix); err == nil {
			return folder, nil
		}
	}
	return files.NewFolder(os.TempDir(), folderPrefix)
}
