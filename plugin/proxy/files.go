package proxy

import (
	"os"
	"path/filepath"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/files"
)

// Files are the names of files with what a client takes to speak TLS; "" is none.
type Files struct{ CA, Cert, Key string }

// write puts what was found in the cluster into files that only we can read, and names those that the user gave as they
// are. remove takes the files away again.
func write(found credentials.PEM, given Files) (named Files, remove func(), err error) {
	dir, err := privateDir()
	if err != nil {
		return given, nil, err
	}
	remove = func() { _ = os.RemoveAll(dir) }
	for _, f := range []struct {
		name  string
		given string
		found []byte
		file  *string
	}{
		{"ca.crt", given.CA, found.CA, &named.CA},
		{"client.crt", given.Cert, found.Cert, &named.Cert},
		{"client.key", given.Key, found.Key, &named.Key},
	} {
		switch {
		case f.given != "":
			*f.file, err = filepath.Abs(f.given)
		case f.found != nil:
			*f.file = filepath.Join(dir, f.name)
			err = files.Write(*f.file, f.found)
		}
		if err != nil {
			remove()
			return named, nil, err
		}
	}
	return named, remove, nil
}

// privateDir makes a directory that only we can enter, in memory where the session has a place for that.
func privateDir() (string, error) {
	if dir, err := os.MkdirTemp(os.Getenv("XDG_RUNTIME_DIR"), "kubectl-etcd-"); err == nil {
		return dir, nil
	}
	return os.MkdirTemp("", "kubectl-etcd-")
}
