package plugin

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
)

// eachCommand visits every subcommand of the root.
func eachCommand(t *testing.T, visit func(*cobra.Command)) {
	t.Helper()
	streams, _, _, _ := genericiooptions.NewTestIOStreams()
	commands := newCommand(streams).Commands()
	if len(commands) < 10 {
		t.Fatalf("only %d commands", len(commands))
	}
	for _, c := range commands {
		visit(c)
	}
}

func TestEveryCommandIsDescribed(t *testing.T) {
	eachCommand(t, func(c *cobra.Command) {
		if c.Short == "" || c.Example == "" || c.GroupID == "" {
			t.Errorf("%s lacks a description, an example or a group", c.Name())
		}
		for _, line := range strings.Split(c.Example, "\n") {
			if !strings.Contains(line, "kubectl etcd "+c.Name()) {
				t.Errorf("the example %q of %s does not show it", line, c.Name())
			}
		}
		if strings.HasSuffix(c.Short, ".") {
			t.Errorf("%s: a description in a list has no full stop", c.Name())
		}
	})
}

func TestBadUsageAsksNothing(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	for line, want := range map[string]string{
		"statsu":                            "did you mean status?",
		"bogus":                             `see "kubectl etcd --help"`,
		"status a b":                        "usage: kubectl etcd status [NAME]",
		"list --selector app=etcd":          "list does not take --selector",
		"list -A --container etcd":          "list does not take --selector",
		"status --nope":                     "unknown flag: --nope",
		"status -o xml":                     `unknown output format "xml"`,
		"status -o jsonpath={":              "output format",
		"status --timeout -1s":              "is negative",
		"status --member-timeout 0s":        "must be positive",
		"status --color red":                "must be auto, always or never",
		"status a --etcd b":                 "differ",
		"render":                            "no overlay given",
		"render --overlay moon":             `unknown overlay "moon"`,
		"render --overlay gke --replicas 0": "invalid member count 0 (use 1, 3, 5 or 7)",
		"up --dry-run maybe":                "must be none, client or server",
		"version a --client":                "--client does not ask a cluster",
		"replace":                           "usage: kubectl etcd replace MEMBER",
		"drill nothing":                     "leader",
		"ctl get k":                         `must follow "--"`,
		"ctl --":                            `must follow "--"`,
		"ctl k -- get":                      `must follow "--"`,
		"ctl get k --prefix":                `flags of etcdctl must follow "--"`,
		"ctl --etcd-tls-secret x -- get k":  `kubectl etcd proxy -- etcdctl`,
		"proxy a b":                         `a command must follow "--"`,
		"proxy a b -- true":                 `a command must follow "--"`,
		"proxy --":                          `no command follows "--"`,
		"proxy --port 70000":                "--port 70000 is not a port",
		"proxy -o json -- true":             "--output cannot be combined with a command",
	} {
		t.Run(line, func(t *testing.T) {
			streams, _, out, errOut := genericiooptions.NewTestIOStreams()
			status := execute(t.Context(), streams, strings.Fields(line))
			if status != cli.ExitUsage || out.Len() > 0 || !strings.Contains(errOut.String(), want) {
				t.Errorf("exit status %d, stdout %q, stderr %q; want %q", status, out, errOut, want)
			}
		})
	}
}

func TestRenderPrintsToStdoutAlone(t *testing.T) {
	streams, _, out, errOut := genericiooptions.NewTestIOStreams()
	status := execute(t.Context(), streams, []string{"render", "orders", "--overlay", "local", "--expose", "internal", "-n", "shop"})
	if status != cli.ExitDone || !strings.Contains(out.String(), "name: orders-bootstrap\n  namespace: shop") {
		t.Errorf("exit status %d:\n%s", status, out)
	}
	if !strings.HasPrefix(errOut.String(), "note: ") {
		t.Errorf("stderr %q", errOut)
	}
}

func TestHelpNeedsNoCluster(t *testing.T) {
	t.Setenv("KUBECONFIG", "/does/not/exist")
	for _, args := range [][]string{{}, {"--help"}, {"up", "--help"}, {"version", "--client"}} {
		streams, _, out, errOut := genericiooptions.NewTestIOStreams()
		if status := execute(t.Context(), streams, args); status != cli.ExitDone || out.Len() == 0 || errOut.Len() > 0 {
			t.Errorf("%v: exit status %d, stderr %q", args, status, errOut)
		}
	}
}
