package credentials

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

func TestFlags(t *testing.T) {
	m := maker{t}
	ca := m.ca("ca")
	mine, other := m.of(ca, "mine", client), m.of(ca, "other", client)
	dir := t.TempDir()
	for name, text := range map[string][]byte{
		"ca.crt": ca.Cert, "mine.crt": mine.Cert, "mine.key": mine.Key, "other.key": other.Key, "empty": nil, "garbage": []byte("s3cret"),
		"encrypted.key": []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nczNjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n"),
		"large":         make([]byte, maxFile+1), "password": []byte("s3cret\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	for _, test := range []struct {
		name  string
		flags Flags
		want  string // part of the error; "" is none
	}{
		{"nothing", Flags{}, ""},
		{"all", Flags{CACert: "ca.crt", Cert: "mine.crt", Key: "mine.key", User: "app", PasswordFile: "password"}, ""},
		{"secrets", Flags{TLSSecret: "tls", Secret: "other/user"}, ""},
		{"no such file", Flags{CACert: "nothing"}, "--etcd-cacert: open nothing: no such file or directory"},
		{"an empty CA", Flags{CACert: "empty"}, `--etcd-cacert "empty": it holds no certificate (PEM is expected)`},
		{"no PEM", Flags{CACert: "garbage"}, `--etcd-cacert "garbage": it holds no certificate`},
		{"a key for a CA", Flags{CACert: "mine.key"}, `it holds a PEM block of type "PRIVATE KEY", not a certificate`},
		{"a large file", Flags{CACert: "large"}, "--etcd-cacert: large: it is larger than 1 MiB"},
		{"half of a pair", Flags{Cert: "mine.crt"}, "--etcd-cert and --etcd-key go together"},
		{"the other half", Flags{Key: "mine.key"}, "--etcd-cert and --etcd-key go together"},
		{"another's key", Flags{Cert: "mine.crt", Key: "other.key"}, `--etcd-cert "mine.crt" with --etcd-key "other.key": the key does not belong to the certificate`},
		{"a certificate for a key", Flags{Cert: "mine.crt", Key: "mine.crt"}, "the key: it holds no private key"},
		{"an encrypted key", Flags{Cert: "mine.crt", Key: "encrypted.key"}, "the key: it is encrypted"},
		{"a password on the command line", Flags{User: "root:s3cret"}, "--etcd-user takes only a name, no password"},
		{"a user without a password", Flags{User: "root"}, "--etcd-user needs --etcd-password-file or"},
		{"a password without a user", Flags{PasswordFile: "password"}, "--etcd-password-file needs --etcd-user"},
		{"an empty password", Flags{User: "root", PasswordFile: "empty"}, `--etcd-password-file "empty" is empty`},
		{"no name of a Secret", Flags{TLSSecret: "a/b/c"}, `--etcd-tls-secret "a/b/c": must be the [NAMESPACE/]NAME of a secret`},
		{"no namespace", Flags{Secret: "/b"}, `--etcd-credentials-secret "/b": must be`},
	} {
		t.Run(test.name, func(t *testing.T) {
			given, err := test.flags.Read()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "czNjcmV0")) {
				t.Errorf("%v tells what nobody is to see", err)
			}
			if test.flags.PasswordFile == "password" && err == nil && given.user.Password != "s3cret" {
				t.Errorf("password %q", given.user.Password)
			}
		})
	}
}

// TestTakeTLS takes the CA and the pair of the user's Secret, whatever its keys are called.
func TestTakeTLS(t *testing.T) {
	m := maker{t}
	ca := m.ca("ca")
	p := m.of(ca, "root", client)
	for name, keys := range map[string][3]string{
		"cert-manager's": {"ca.crt", "tls.crt", "tls.key"},
		"Bitnami's":      {"ca.pem", "cert.pem", "key.pem"},
		"an operator's":  {"etcd-client-ca.crt", "etcd-client.crt", "etcd-client.key"},
		"any":            {"root", "leaf", "secret"},
	} {
		t.Run(name, func(t *testing.T) {
			var g FlagValues
			data := map[string][]byte{keys[0]: ca.Cert, keys[1]: p.Cert, keys[2]: p.Key, "ca.key": ca.Key, "note": []byte("x")}
			if err := g.takeTLS(content{data: data}); err != nil {
				t.Fatal(err)
			}
			if g.ca.subjects() != `"CN=ca"` || g.pair == nil || g.pair.Leaf.Subject.CommonName != "root" {
				t.Errorf("CA %v, pair %v", g.ca.subjects(), g.pair)
			}
		})
	}
	var g FlagValues
	if err := g.takeTLS(content{data: map[string][]byte{"password": []byte("s3cret")}}); err == nil || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v", err)
	}
}

// TestTakeTLSRefuses: the error names the key in the Secret that is wrong, and nothing found in the cluster replaces it.
func TestTakeTLSRefuses(t *testing.T) {
	m := maker{t}
	ca := m.ca("ca")
	mine, other := m.of(ca, "mine", client), m.of(ca, "other", client)
	broken := []byte("-----BEGIN CERTIFICATE-----\nczNjcmV0\n-----END CERTIFICATE-----\n")
	encrypted := []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nczNjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n")
	for _, test := range []struct {
		name string
		data map[string][]byte
		want string // "" is no error
	}{
		{"a CA alone", map[string][]byte{"ca.crt": ca.Cert}, ""},
		{"a CA, and an empty pair", map[string][]byte{"ca.crt": ca.Cert, "tls.crt": {}, "tls.key": {}}, ""},
		{"an empty CA", map[string][]byte{"ca.crt": {}, "tls.crt": mine.Cert, "tls.key": mine.Key}, ""},
		{"a key store and a note", map[string][]byte{"ca.crt": ca.Cert, "keystore.p12": []byte("s3cret"), "note": []byte("s3cret"), "csr.pem": []byte("-----BEGIN CERTIFICATE REQUEST-----\n")}, ""},
		{"in one", map[string][]byte{"tls-combined.pem": append(append([]byte{}, mine.Key...), mine.Cert...)}, ""},
		{
			"another's key",
			map[string][]byte{"ca.crt": ca.Cert, "tls.crt": mine.Cert, "tls.key": other.Key},
			`key "tls.crt" of secret ns/mine with key "tls.key": the key does not belong to the certificate`,
		},
		{
			"another's key, beside a good pair",
			map[string][]byte{"a.crt": mine.Cert, "a.key": mine.Key, "b.crt": other.Cert, "b.key": ca.Key},
			`key "b.crt" of secret ns/mine with key "b.key": the key does not belong to the certificate`,
		},
		{
			"an encrypted key",
			map[string][]byte{"cert.pem": mine.Cert, "key.pem": encrypted},
			`key "cert.pem" of secret ns/mine with key "key.pem": the key: it is encrypted`,
		},
		{
			"no key",
			map[string][]byte{"ca.crt": ca.Cert, "tls.crt": mine.Cert},
			`key "tls.crt" of secret ns/mine: the certificate is not a CA certificate, and its private key is missing`,
		},
		{
			"garbage for a key",
			map[string][]byte{"ca.crt": ca.Cert, "tls.crt": mine.Cert, "tls.key": []byte("s3cret")},
			`key "tls.crt" of secret ns/mine with key "tls.key": the key: it holds no private key`,
		},
		{
			"no certificate",
			map[string][]byte{"ca.crt": ca.Cert, "tls.key": encrypted},
			`key "tls.key" of secret ns/mine: there is no certificate for this private key`,
		},
		{
			"a broken certificate",
			map[string][]byte{"ca.crt": ca.Cert, "tls.crt": broken, "tls.key": mine.Key},
			`key "tls.crt" of secret ns/mine: it holds a certificate that cannot be parsed`,
		},
		{
			"a broken CA",
			map[string][]byte{"root": broken, "tls.crt": mine.Cert, "tls.key": mine.Key},
			`key "root" of secret ns/mine: it holds a certificate that cannot be parsed`,
		},
		{
			"garbage for a CA",
			map[string][]byte{"ca.pem": []byte("s3cret"), "tls.crt": mine.Cert, "tls.key": mine.Key},
			`key "ca.pem" of secret ns/mine: it holds no certificate (PEM is expected)`,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			var g FlagValues
			err := g.takeTLS(content{object: object{settings.Secret, "ns", "mine"}, data: test.data})
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			if err != nil && (strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "czNjcmV0")) {
				t.Errorf("%v tells what nobody is to see", err)
			}
		})
	}
}
