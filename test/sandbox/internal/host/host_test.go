package host

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMissing(t *testing.T) {
	list := []need{{"runc", "runc"}, {"/usr/lib/cni/ptp", "cni"}, {"/usr/lib/cni/portmap", "cni"}, {"ip", "iproute2"}}
	for name, test := range map[string]struct {
		present []string
		want    []string
	}{
		"nothing is there":    {nil, []string{"runc", "cni", "iproute2"}},
		"half a package":      {[]string{"runc", "/usr/lib/cni/ptp", "ip"}, []string{"cni"}},
		"everything is there": {[]string{"runc", "/usr/lib/cni/ptp", "/usr/lib/cni/portmap", "ip"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			has := map[string]bool{}
			for _, file := range test.present {
				has[file] = true
			}
			got := missing(list, func(file string) bool { return has[file] })
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseListener(t *testing.T) {
	for name, test := range map[string]struct{ out, want string }{
		"one process": {`LISTEN 0 4096 *:16443 *:* users:(("kube-apiserver",pid=32326,fd=3))` + "\n", `process "kube-apiserver" (pid 32326)`},
		"not told":    {"LISTEN 0 4096 *:16443 *:*\n", "another process"},
		"nothing":     {"", "another process"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := parseListener(test.out); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestRequirePortsNamesThePort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	err = RequirePorts(context.Background(), l.Addr().(*net.TCPAddr).Port)
	if err == nil || !strings.Contains(err.Error(), "port "+port+" is taken") {
		t.Errorf("got %v", err)
	}
	if err := RequirePorts(context.Background(), 0); err != nil {
		t.Errorf("a free port: %v", err)
	}
}

func TestMountsBelow(t *testing.T) {
	table := `22 1 8:1 / / rw - ext4 /dev/vda rw
30 22 0:4 net:[1] /run/netns/a rw - nsfs nsfs rw
31 22 0:5 / /srv/state rw - tmpfs tmpfs rw
32 31 0:6 / /srv/state/a\040b rw - tmpfs tmpfs rw
33 22 0:7 / /srv/state-of-another rw - tmpfs tmpfs rw
`
	want := []string{"/srv/state", "/srv/state/a b"}
	if diff := cmp.Diff(want, mountsBelow(table, "/srv/state")); diff != "" {
		t.Error(diff)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestHierarchies(t *testing.T) {
	v1 := t.TempDir()
	write(t, filepath.Join(v1, "cpu", "cgroup.procs"), "")
	write(t, filepath.Join(v1, "memory", "cgroup.procs"), "")
	write(t, filepath.Join(v1, "not-a-hierarchy", "file"), "")
	v2 := t.TempDir()
	write(t, filepath.Join(v2, "cgroup.controllers"), "cpu memory")
	for root, want := range map[string][]string{
		v1: {filepath.Join(v1, "cpu"), filepath.Join(v1, "memory")},
		v2: {v2},
	} {
		got, err := hierarchies(root)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if _, err := hierarchies(t.TempDir()); err == nil {
		t.Error("a machine without cgroups passes")
	}
}

func TestFillCgroupCopiesTheCpuset(t *testing.T) {
	top := t.TempDir()
	write(t, filepath.Join(top, "cpuset.cpus"), "0-1\n")
	write(t, filepath.Join(top, "cpuset.mems"), "0\n")
	dir := filepath.Join(top, "node")
	write(t, filepath.Join(dir, "cpuset.cpus"), "")
	write(t, filepath.Join(dir, "cpuset.mems"), "")
	if err := fillCgroup(top, dir); err != nil {
		t.Fatal(err)
	}
	got, _ := os.ReadFile(filepath.Join(dir, "cpuset.cpus"))
	if string(got) != "0-1\n" {
		t.Errorf("got %q", got)
	}
}

func TestRunCarriesWhatTheCommandSaid(t *testing.T) {
	err := Run(context.Background(), "sh", "-c", "echo no such bridge >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "no such bridge") {
		t.Errorf("got %v", err)
	}
}
