package proxy

import (
	"bytes"
	"os"
	"path/filepath"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
)

// folderPrefix begins the name of each folder of ours.
const folderPrefix = "kubectl-etcd-proxy-"

// Files are the names of files with what a client takes to speak TLS; "" is none.
type Files struct{ CA, Cert, Key string }

// complete reports whether the user gave all of them.
func (f Files) complete() bool { return f.CA != "" && f.Cert != "" && f.Key != "" }

// kept are the files of a session: those that the user gave as they are, and what was found in the cluster in a folder
// that only we can read.
type kept struct {
	Files
	given   Files
	folder  *files.Folder
	written credentials.PEM
}

// keep writes what was found in the cluster.
func keep(found credentials.PEM, given Files) (*kept, error) {
	folder, err := privateFolder()
	if err != nil {
		return nil, err
	}
	k := &kept{given: given, folder: folder}
	if _, err := k.write(found); err != nil {
		k.remove()
		return nil, err
	}
	return k, nil
}

// write brings the files up to date, and reports whether that changed them. The key comes before its certificate: a client
// that reads both in between is refused by its own library, and tries again.
func (k *kept) write(found credentials.PEM) (changed bool, err error) {
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

// remove takes the files away.
func (k *kept) remove() { _ = k.folder.Remove() }

// privateFolder makes a folder that only we can enter, in memory where the session has a place for that. Those of
// processes that were killed are removed: there is a private key in each.
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
