// Package scriptcommands has the commands that the scripts of all test layers share.
package scriptcommands

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-etcd/kubectl-etcd/test/certs"
)

// Capture sets an environment variable to the last command's output:
//
//	exec kubectl etcd status -o jsonpath={.leader}
//	capture LEADER
func Capture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: capture VARIABLE")
	}
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile("stdout")))
}

// Certs writes a certificate and its key, as NAME.crt and NAME.key:
//
//	certs ca use=ca
//	certs server by=ca use=server,client hosts=localhost,127.0.0.1
//	certs old by=ca use=client cn=root from=-48h until=-24h
//
// Without by= the certificate is self-signed. Without cn= its common name is NAME.
func Certs(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: certs NAME [by=NAME] [use=ca|server|client,...] [cn=NAME] [hosts=NAME,...] [from=DURATION] [until=DURATION]")
	}
	spec := certs.Spec{CommonName: args[0]}
	sign := certs.SelfSigned
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		var err error
		switch key {
		case "by":
			var by *certs.Pair
			by, err = certs.Load([]byte(ts.ReadFile(value+".crt")), []byte(ts.ReadFile(value+".key")))
			if err == nil {
				sign = by.Issue
			}
		case "cn":
			spec.CommonName = value
		case "hosts":
			spec.Hosts = strings.Split(value, ",")
		case "use":
			err = use(&spec, strings.Split(value, ","))
		case "from":
			spec.From, err = time.ParseDuration(value)
		case "until":
			spec.Until, err = time.ParseDuration(value)
		default:
			ts.Fatalf("unknown %q", arg)
		}
		ts.Check(err)
	}
	pair, err := sign(spec)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".crt"), pair.Cert, 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), pair.Key, 0o600))
}

func use(spec *certs.Spec, names []string) error {
	for _, name := range names {
		switch name {
		case "ca":
			spec.CA = true
		case "server":
			spec.Usages = append(spec.Usages, x509.ExtKeyUsageServerAuth)
		case "client":
			spec.Usages = append(spec.Usages, x509.ExtKeyUsageClientAuth)
		default:
			return fmt.Errorf("unknown use %q", name)
		}
	}
	return nil
}
