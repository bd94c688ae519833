package node

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

func TestConfigsParse(t *testing.T) {
	l := plan.Layout{Dir: "/a dir/.sandbox"}
	for _, n := range plan.Nodes() {
		files := configs(l, n, "/usr/sbin/runc")
		for _, name := range []string{"kubelet.yaml", "kube-proxy.yaml"} {
			var object map[string]any
			if err := yaml.UnmarshalStrict([]byte(files[name]), &object); err != nil || object["kind"] == nil {
				t.Errorf("%s: %v\n%s", name, err, files[name])
			}
		}
		var cni map[string]any
		if err := json.Unmarshal([]byte(files["cni/10-ptp.conflist"]), &cni); err != nil {
			t.Error(err)
		}
	}
}

// Kubelets that share one of these paths delete one another's pods or logs.
func TestNodesShareNothing(t *testing.T) {
	l := plan.Layout{Dir: "/s"}
	owner := map[string]string{}
	for _, n := range plan.Nodes() {
		var own []string
		for _, b := range binds(l, n) {
			own = append(own, b.own)
		}
		own = append(own, n.PodCIDR, n.Address, l.Node(n, "containerd"), l.Node(n, "addresses"))
		for _, thing := range own {
			if owner[thing] != "" {
				t.Errorf("%s and %s share %q", owner[thing], n.Name, thing)
			}
			owner[thing] = n.Name
		}
		if text := kubeletConfig(l, n); !strings.Contains(text, "cgroupRoot: /"+n.Name+"\n") {
			t.Errorf("the cgroup of %s is another's", n.Name)
		}
	}
}

func TestContainerdMountsBeforeItStarts(t *testing.T) {
	l, n := plan.Layout{Dir: "/it's here"}, plan.Nodes()[0]
	line := strings.Join(Containerd(l, n).Args, " ")
	for _, b := range binds(l, n) {
		if !strings.Contains(line, b.at) {
			t.Errorf("%s is not covered", b.at)
		}
	}
	if !strings.Contains(line, `'/it'\''s here/state`) {
		t.Errorf("the path is not quoted: %s", line)
	}
	if strings.Index(line, `exec "$@"`) < strings.LastIndex(line, "mount --bind") {
		t.Error("it starts before the mounts are there")
	}
}

func TestKubeletSharesTheMountsOfContainerd(t *testing.T) {
	c := Kubelet(plan.Layout{Dir: "/s"}, plan.Nodes()[2], process.Process{PID: 4711})
	line := strings.Join(c.Args, " ")
	for _, want := range []string{"--mount=/proc/4711/ns/mnt", "--net=/run/netns/ketcd-c", "topology.kubernetes.io/zone=zone-c", "--node-ip=10.213.0.13"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
	if c.Name != "ketcd-c-kubelet" {
		t.Errorf("its name is %q", c.Name)
	}
}

// Each of the three uses the tables of its node, and the legacy ones if they exist.
func TestRouterGuardsItsOwnNode(t *testing.T) {
	l, n := plan.Layout{Dir: "/s"}, plan.Nodes()[1]
	line := strings.Join(Router(l, n).Args, " ")
	for _, want := range []string{"--net=/run/netns/ketcd-b ", "--node=ketcd-b", "PATH=\"$1:$PATH\"", "sh /s/state/nodes/ketcd-b/iptables-legacy /s/bin/kube-router"} {
		if !strings.Contains(line, want) {
			t.Errorf("no %q in %s", want, line)
		}
	}
}

func TestLinkLegacy(t *testing.T) {
	programs, dir := t.TempDir(), filepath.Join(t.TempDir(), legacy)
	t.Setenv("PATH", programs)
	if err := linkLegacy(dir); err != nil {
		t.Fatal("without the programs: ", err)
	}
	for _, suffix := range []string{"", "-save", "-restore"} {
		if err := os.WriteFile(filepath.Join(programs, "iptables-legacy"+suffix), nil, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := linkLegacy(dir); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-save", "-restore"} {
		if to, err := os.Readlink(filepath.Join(dir, "iptables"+suffix)); err != nil || to != filepath.Join(programs, "iptables-legacy"+suffix) {
			t.Errorf("iptables%s: %q, %v", suffix, to, err)
		}
	}
}
