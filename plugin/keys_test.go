package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cli"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd/etcdtest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/kubetest"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// output is a command's exit status and output.
type output struct {
	status   int
	out, err string
}

// execOn runs a command on the cluster of a fake API server.
func execOn(t *testing.T, k *kubetest.Server, stdin io.Reader, args ...string) output {
	t.Helper()
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, errOut bytes.Buffer
	streams := genericiooptions.IOStreams{In: stdin, Out: &out, ErrOut: &errOut}
	status := execute(t.Context(), streams, append(args, "--etcd", "etcd", "--kubeconfig", kubeconfig, "--server", k.URL, "-n", "ns"))
	return output{status, out.String(), errOut.String()}
}

// terminalWith returns a terminal with a line as its input.
func terminalWith(t *testing.T, line string) io.Reader {
	t.Helper()
	here, there, err := pty.Open()
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(func() { _, _ = here.Close(), there.Close() })
	if _, err := here.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
	return there
}

// TestDelAsks checks that a range of keys is deleted only if the user confirmed their count.
func TestDelAsks(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	client := etcdtest.Client(t, member.Endpoint)
	k := kubetest.Serve(t, member.Endpoint, clusterObjects("--listen-client-urls=http://0.0.0.0:2379"))
	for i := range 12 {
		if _, err := client.Put(t.Context(), fmt.Sprintf("dir/%02d", i), "v"); err != nil {
			t.Fatal(err)
		}
	}
	left := func() int64 {
		count, err := etcd.Count(t.Context(), client, etcd.Read{Prefix: true, Key: ""})
		if err != nil {
			t.Fatal(err)
		}
		return count.Count
	}
	const asked = `This deletes 12 keys that begin with "dir/" from etcd cluster ns/etcd permanently.`
	for _, test := range []struct {
		line, typed string // "" is no terminal
		status      int
		out, err    string
		left        int64
	}{
		{"del dir/ --prefix", "", cli.ExitUsage, "", asked + " Standard input is not a terminal, so this cannot be confirmed (pass --yes)", 12},
		{"del --all", "", cli.ExitUsage, "", "This deletes every key of etcd cluster ns/etcd permanently: 12 keys. Standard input is not a terminal", 12},
		{"del dir/ --prefix", "no", cli.ExitFailed, "", `"no" is not "etcd": nothing was changed`, 12},
		{"del dir/ --prefix --dry-run", "", cli.ExitDone, "12 keys would be deleted (dry run: nothing was changed)\n  dir/00\n", "", 12},
		{"del --all --dry-run", "", cli.ExitDone, "  dir/09\n  and 2 more\n", "", 12},
		{"del dir/00 --dry-run", "", cli.ExitDone, "1 key would be deleted", "", 12},
		{"del none --dry-run", "", cli.ExitFailed, "", `key "none" does not exist in etcd cluster ns/etcd`, 12},
		{"del none/ --prefix", "", cli.ExitDone, "0 keys deleted", "", 12},
		{"del dir/ --prefix", "etcd", cli.ExitDone, "12 keys deleted", asked + "\nType \"etcd\" to continue: ", 0},
		{"put a b", "", cli.ExitDone, "", "", 1},
		{"del a", "", cli.ExitDone, "1 key deleted", "", 0},
		{"put a b", "", cli.ExitDone, "", "", 1},
		{"del --all --yes", "", cli.ExitDone, "1 key deleted", "", 0},
	} {
		var stdin io.Reader = strings.NewReader("")
		if test.typed != "" {
			stdin = terminalWith(t, test.typed)
		}
		got := execOn(t, k, stdin, strings.Fields(test.line)...)
		if got.status != test.status || !strings.Contains(got.out, test.out) || test.out == "" && test.status != cli.ExitDone && got.out != "" || !strings.Contains(got.err, test.err) {
			t.Errorf("%s: %+v", test.line, got)
		}
		if n := left(); n != test.left {
			t.Errorf("%s: %d keys are left, want %d", test.line, n, test.left)
		}
	}
}

func TestDelPlanAsJSON(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	k := kubetest.Serve(t, member.Endpoint, clusterObjects("--listen-client-urls=http://0.0.0.0:2379"))
	execOn(t, k, nil, "put", "dir/a", "v")
	var got report.DeletePlan
	if err := json.Unmarshal([]byte(execOn(t, k, nil, "del", "dir/", "--prefix", "--dry-run", "-o", "json").out), &got); err != nil {
		t.Fatal(err)
	}
	if got.Kind != "DeletePlan" || got.Count != 1 || len(got.FirstKeys) != 1 || got.FirstKeys[0].Key != "dir/a" || !got.Prefix {
		t.Errorf("%+v", got)
	}
}

// TestGetForScripts reads keys as scripts do: keys that may not exist, counts, and long lists.
func TestGetForScripts(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	k := kubetest.Serve(t, member.Endpoint, clusterObjects("--listen-client-urls=http://0.0.0.0:2379"))
	long := strings.Repeat("x", 300)
	for _, key := range []string{"dir/a", "dir/b"} {
		execOn(t, k, nil, "put", key, long)
	}
	for line, want := range map[string]output{
		"get none":                                  {cli.ExitFailed, "", `error: key "none" does not exist in etcd cluster ns/etcd` + "\n"},
		"get none --ignore-not-found":               {cli.ExitDone, "", ""},
		"get none --ignore-not-found -o json":       {cli.ExitDone, "", ""},
		"get none --ignore-not-found --each-member": {cli.ExitDone, "", ""},
		"get none/ --prefix --ignore-not-found":     {cli.ExitDone, "", ""},
		"get dir/a --ignore-not-found":              {cli.ExitDone, long, ""},
		"get dir/ --prefix --count-only":            {cli.ExitDone, "2\n", ""},
		"get none/ --prefix --count-only":           {cli.ExitDone, "0\n", ""},
		"get dir/a --count-only":                    {cli.ExitDone, "1\n", ""},
		"get none --count-only":                     {cli.ExitDone, "0\n", ""},
		"get dir/ --prefix --count-only --rev 2":    {cli.ExitDone, "1\n", ""},
		"get dir/ --prefix --count-only -o jsonpath={.kind}-{.key}-{.prefix}-{.count}": {cli.ExitDone, "KeyCount-dir/-true-2\n", ""},
		"get dir/ --prefix --count-only -o name":                                       {cli.ExitDone, "dir/\n", ""},
		"get dir/ --prefix --count-only --limit 1":                                     {cli.ExitUsage, "", "error: --count-only prints no key: it cannot be combined with --keys-only or --limit\n"},
		"get dir/ --prefix": {cli.ExitDone, "KEY     VALUE   REVISION\n" +
			"dir/a   " + long + "   2\ndir/b   " + long + "   3\n", ""},
		"get dir/ --prefix -o jsonpath={.cluster}{.items[7].key}": {cli.ExitFailed, "", `error: output format "jsonpath={.cluster}{.items[7].key}": array index out of bounds: index 7, length 2` + "\n"},
	} {
		if diff := cmp.Diff(want, execOn(t, k, nil, strings.Fields(line)...), cmp.AllowUnexported(output{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", line, diff)
		}
	}
}

// TestGetThatTimeCutsOff reads a list that ends half-way at the deadline: nothing of it is printed, and the error says how much
// was read.
func TestGetThatTimeCutsOff(t *testing.T) {
	t.Parallel()
	member := etcdtest.Start(t, 1, nil).Members[0]
	client := etcdtest.Client(t, member.Endpoint)
	for i := range 200 {
		if _, err := client.Put(t.Context(), fmt.Sprintf("dir/%03d", i), strings.Repeat("x", 10<<10)); err != nil {
			t.Fatal(err)
		}
	}
	stalls := kubetest.Serve(t, stallingProxy(t, member.Endpoint, 1<<20), clusterObjects("--listen-client-urls=http://0.0.0.0:2379"))
	for _, format := range []string{"json", "yaml", "name", "jsonpath={.items[*].key}"} {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			got := execOn(t, stalls, nil, "get", "dir/", "--prefix", "-o", format, "--timeout", "5s")
			const want = `error: get "dir/": not done within 5s: 64 keys (640 KiB) had been read, and there are more (give it longer with --timeout, or read fewer keys with --limit or a longer prefix)`
			if diff := cmp.Diff(output{cli.ExitFailed, "", want + "\n"}, got, cmp.AllowUnexported(output{})); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
		})
	}
	k := kubetest.Serve(t, etcdtest.Silent(t), clusterObjects("--listen-client-urls=http://0.0.0.0:2379"))
	got := execOn(t, k, nil, "get", "dir/", "--prefix", "--timeout", "1s")
	const want = `error: get "dir/": not done within 1s: there was no answer yet (give it longer with --timeout; "kubectl etcd status --etcd etcd -n ns`
	if got.status != cli.ExitFailed || got.out != "" || !strings.HasPrefix(got.err, want) {
		t.Errorf("%+v", got)
	}
}

// stallingProxy returns the endpoint of a proxy that stops after so many bytes of responses on each connection.
func stallingProxy(t *testing.T, endpoint string, bytes int64) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("tcp", strings.TrimPrefix(endpoint, "http://"))
			if err != nil {
				_ = in.Close()
				continue
			}
			t.Cleanup(func() { _, _ = in.Close(), out.Close() })
			go func() { _, _ = io.Copy(out, in) }()
			go func() { _, _ = io.CopyN(in, out, bytes) }()
		}
	}()
	return "http://" + l.Addr().String()
}
