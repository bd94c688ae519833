package cli

import (
	"github.com/spf13/pflag"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// credentialFlags are the flags with the client's identity for etcd and the CA to trust. They replace the credentials that are
// found in the cluster.
type credentialFlags struct{ credentials.Flags }

func (f *credentialFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.CACert, "etcd-cacert", "", "file with the CA that verifies etcd's certificates")
	flags.StringVar(&f.Cert, "etcd-cert", "", "file with the client certificate for etcd")
	flags.StringVar(&f.Key, "etcd-key", "", "file with the key of --etcd-cert")
	flags.StringVar(&f.TLSSecret, "etcd-tls-secret", "", "Secret with the CA, client certificate and key, as [NAMESPACE/]NAME (keys ca.crt, tls.crt, tls.key; other names are recognized by their content)")
	flags.BoolVar(&f.SkipVerify, "etcd-insecure-skip-tls-verify", false, "do not verify etcd's certificates: any server that answers is trusted")
	flags.StringVar(&f.User, "etcd-user", "", "user of etcd's authentication")
	flags.StringVar(&f.PasswordFile, "etcd-password-file", "", "file with the password of --etcd-user")
	flags.StringVar(&f.Secret, "etcd-credentials-secret", "", "Secret with user and password, as [NAMESPACE/]NAME (keys username and password)")
}

// Given reports whether the user gave any credentials.
func (f *credentialFlags) Given() bool {
	return f.Flags != (credentials.Flags{SkipVerify: f.SkipVerify})
}

// read reads the files that the flags name. An unreadable one is a usage error: no request has been sent yet.
func (f *credentialFlags) read() (credentials.FlagValues, error) {
	given, err := f.Read()
	if err != nil {
		return given, Usage(err)
	}
	return given, nil
}
