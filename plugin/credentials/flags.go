package credentials

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// maxFile bounds the size of a file that the user names, in bytes. The CA bundle of a Linux distribution has a quarter
// of it.
const maxFile = 1 << 20

// Flags are the user's flags on credentials for etcd. Each one takes precedence over what is found in the cluster.
type Flags struct {
	CACert, Cert, Key string // files
	TLSSecret         string // [NAMESPACE/]NAME
	SkipVerify        bool   // do not verify the server's certificate

	User         string
	PasswordFile string
	Secret       string // [NAMESPACE/]NAME, with user and password
}

// FlagValues is what the flags give, with their files read.
type FlagValues struct {
	ca         *authority
	pair       *pair
	tlsSecret  object
	skipVerify bool

	user       User
	userSecret object
}

// Read validates the flags and reads the files that they name, so that a mistake is reported before any request is sent.
// No error has a file's content.
func (f Flags) Read() (FlagValues, error) {
	g := FlagValues{skipVerify: f.SkipVerify, user: User{Name: f.User}}
	if err := f.validate(); err != nil {
		return g, err
	}
	var err error
	if g.tlsSecret, err = secretName("--etcd-tls-secret", f.TLSSecret); err != nil {
		return g, err
	}
	if g.userSecret, err = secretName("--etcd-credentials-secret", f.Secret); err != nil {
		return g, err
	}
	if g.user.Password, err = readPassword("--etcd-password-file", f.PasswordFile); err != nil {
		return g, err
	}
	if g.ca, err = f.readCA(); err != nil {
		return g, err
	}
	g.pair, err = f.readPair()
	return g, err
}

func (f Flags) validate() error {
	switch {
	case strings.Contains(f.User, ":"):
		return errors.New("--etcd-user takes only a name, no password: every user of this machine can see a command line (put the password into a file and pass --etcd-password-file)")
	case f.PasswordFile != "" && f.User == "" && f.Secret == "":
		return errors.New("--etcd-password-file needs --etcd-user")
	case f.User != "" && f.PasswordFile == "" && f.Secret == "":
		return errors.New("--etcd-user needs --etcd-password-file or --etcd-credentials-secret (without all three, the user is the common name of the client certificate)")
	case (f.Cert == "") != (f.Key == ""):
		return errors.New("--etcd-cert and --etcd-key go together")
	}
	return nil
}

// hasTLSFlags reports whether the user gave a flag that only TLS needs.
func (g FlagValues) hasTLSFlags() bool { return len(g.tlsFlags()) > 0 }

func secretName(flag, text string) (object, error) {
	if text == "" {
		return object{}, nil
	}
	namespace, name, found := strings.Cut(text, "/")
	if !found {
		namespace, name = "", text
	}
	if found && len(validation.IsDNS1123Label(namespace)) > 0 || len(validation.IsDNS1123Subdomain(name)) > 0 {
		return object{}, fmt.Errorf("%s %q: must be the [NAMESPACE/]NAME of a secret", flag, text)
	}
	return object{settings.Secret, namespace, name}, nil
}

func (f Flags) readCA() (*authority, error) {
	if f.CACert == "" {
		return nil, nil
	}
	text, err := readFile(f.CACert)
	if err != nil {
		return nil, fmt.Errorf("--etcd-cacert: %w", err)
	}
	certs, err := parseCerts(text)
	if err != nil {
		return nil, fmt.Errorf("--etcd-cacert %q: %w", f.CACert, err)
	}
	return &authority{certs, "--etcd-cacert " + f.CACert}, nil
}

func (f Flags) readPair() (*pair, error) {
	if f.Cert == "" {
		return nil, nil
	}
	cert, err := readFile(f.Cert)
	if err != nil {
		return nil, fmt.Errorf("--etcd-cert: %w", err)
	}
	key, err := readFile(f.Key)
	if err != nil {
		return nil, fmt.Errorf("--etcd-key: %w", err)
	}
	p, err := parsePair(cert, key, "--etcd-cert "+f.Cert)
	if err != nil {
		return nil, fmt.Errorf("--etcd-cert %q with --etcd-key %q: %w", f.Cert, f.Key, err)
	}
	return p, nil
}

// readPassword reads a password file, without the newline at its end.
func readPassword(flag, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	text, err := readFile(name)
	if err != nil {
		return "", fmt.Errorf("%s: %w", flag, err)
	}
	password := TrimPassword(string(text))
	if password == "" {
		return "", fmt.Errorf("%s %q is empty", flag, name)
	}
	return password, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name) //nolint:gosec // the user names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		err = fmt.Errorf("%s: it is larger than %d MiB", name, maxFile>>20)
	}
	return text, err
}
