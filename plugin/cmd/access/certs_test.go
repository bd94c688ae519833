package access

import (
	"strings"
	"testing"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli/clitest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/pki"
)

func TestCertsListFlags(t *testing.T) {
	clitest.Check(t, newCertsList, map[string]certsListOptions{
		"":               {},
		"orders":         {args: []string{"orders"}},
		"orders -o wide": {args: []string{"orders"}},
	})
	clitest.Check(t, newCertsList, nil, "orders shop", "-o table")
}

func TestCertsCreateFlags(t *testing.T) {
	clitest.Check(t, newCertsCreate, map[string]certsCreateOptions{
		"":                                   {},
		"orders --queue 1m":                  {args: []string{"orders"}},
		"--tls-san a.example,192.0.2.1":      {names: []string{"a.example", "192.0.2.1"}},
		"--tls-san a.example --tls-san b.io": {names: []string{"a.example", "b.io"}},
	})
	clitest.Check(t, newCertsCreate, nil, "orders shop", "--tls-san a/b", "--queue -1s")
}

func TestCertsRenewFlags(t *testing.T) {
	clitest.Check(t, newCertsRenew, map[string]certsRenewOptions{
		"":                                 {},
		"orders --etcd orders":             {args: []string{"orders"}},
		"orders --tls-san etcd.io -o json": {args: []string{"orders"}, names: []string{"etcd.io"}},
	})
	clitest.Check(t, newCertsRenew, nil, "orders shop", "a/b/c", "orders --etcd shop", "--tls-san a/b", "--queue -1s")
}

func TestCertsIssueFlags(t *testing.T) {
	longest := strings.Repeat("x", maxCommonName)
	clitest.Check(t, newCertsIssue, map[string]certsIssueOptions{
		"--cn app":                   {commonName: "app", life: pki.LeafLife},
		"--cn " + longest:            {commonName: longest, life: pki.LeafLife},
		"orders --no-cn":             {args: []string{"orders"}, noCN: true, life: pki.LeafLife},
		"--cn app --secret s":        {commonName: "app", secret: "s", life: pki.LeafLife},
		"--cn app --out ./d":         {commonName: "app", out: "./d", life: pki.LeafLife},
		"--cn app --ttl 1m":          {commonName: "app", life: time.Minute},
		"--no-cn --ttl 720h -o json": {noCN: true, life: 720 * time.Hour},
	})
	clitest.Check(t, newCertsIssue, nil, "", "orders", "orders shop --no-cn", "--cn app --no-cn", "--cn x"+longest, "--cn a\x01b",
		"--cn app --secret s --out ./d", "--cn app --secret S", "--cn app --ttl 59s", "--cn app --queue -1s")
}

// TestCertsRotateFlags has no terminal: a phase that asks for confirmation requires --yes.
func TestCertsRotateFlags(t *testing.T) {
	clitest.Check(t, newCertsRotate, map[string]certsRotateOptions{
		"--until trusted":            {until: "trusted"},
		"orders --yes":               {args: []string{"orders"}, yes: true},
		"--until signed --yes":       {until: "signed", yes: true},
		"--until done --yes -o json": {until: "done", yes: true},
	})
	clitest.Check(t, newCertsRotate, nil, "", "--until signed", "--until done", "--until soon --yes", "orders shop --yes", "a/b/c --yes",
		"orders --etcd shop --yes", "--yes --queue -1s")
}
