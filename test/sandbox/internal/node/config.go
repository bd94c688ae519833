// Package node makes a Kubernetes node of a network namespace: a containerd, a kubelet and a kube-proxy in the namespace and
// one mount namespace, and a kube-router.
package node

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/controlplane"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// configs returns the node's configuration files by name.
func configs(l plan.Layout, n plan.Node, runc string) map[string]string {
	return map[string]string{
		"containerd.toml":     containerdConfig(l, n, runc),
		"cni/10-ptp.conflist": cniConfig(l, n),
		"kubelet.yaml":        kubeletConfig(l, n),
		"kube-proxy.yaml":     proxyConfig(l, n),
		"resolv.conf":         "", // names of the internet do not resolve
	}
}

// WriteConfigs writes the node's configuration and creates its directories.
func WriteConfigs(l plan.Layout, n plan.Node, runc string) error {
	for name, text := range configs(l, n, runc) {
		path := l.Node(n, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("configure node %q: %w", n.Name, err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return fmt.Errorf("configure node %q: %w", n.Name, err)
		}
	}
	for _, b := range binds(l, n) {
		if err := os.MkdirAll(b.own, 0o755); err != nil {
			return fmt.Errorf("configure node %q: %w", n.Name, err)
		}
	}
	if err := linkLegacy(l.Node(n, legacy)); err != nil {
		return fmt.Errorf("configure node %q: %w", n.Name, err)
	}
	return nil
}

// legacy is the node's directory with the legacy iptables programs under their usual names.
const legacy = "iptables-legacy"

// linkLegacy creates it. Without the programs it stays empty.
func linkLegacy(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, suffix := range []string{"", "-save", "-restore"} {
		path, err := exec.LookPath("iptables-legacy" + suffix)
		if err != nil {
			return nil
		}
		if err := os.Symlink(path, filepath.Join(dir, "iptables"+suffix)); err != nil {
			return err
		}
	}
	return nil
}

// containerdConfig keeps all state in the node's directories. The disabled plugins are unused, and cost time or log errors
// at the start.
func containerdConfig(l plan.Layout, n plan.Node, runc string) string {
	return fmt.Sprintf(`version = 3
root = %q
state = "/run/containerd"
disabled_plugins = [
  "io.containerd.snapshotter.v1.blockfile",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.erofs",
  "io.containerd.snapshotter.v1.native",
  "io.containerd.snapshotter.v1.zfs",
  "io.containerd.differ.v1.erofs",
  "io.containerd.nri.v1.nri",
  "io.containerd.tracing.processor.v1.otlp",
  "io.containerd.internal.v1.tracing",
]

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = %q

[plugins."io.containerd.cri.v1.runtime"]
  # The machine may not let even root lower an OOM score (CAP_SYS_RESOURCE).
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = %q
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        BinaryName = %q
        SystemdCgroup = false
`, l.Node(n, "containerd"), plan.PauseImage, l.Node(n, "cni"), runc)
}

// cniConfig routes every pod instead of bridging the pods of a node: traffic between them then passes the node's iptables,
// which implement Services.
func cniConfig(l plan.Layout, n plan.Node) string {
	return fmt.Sprintf(`{
  "cniVersion": "1.0.0",
  "name": "pods",
  "plugins": [
    {
      "type": "ptp",
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "dataDir": %q,
        "ranges": [[{"subnet": %q}]],
        "routes": [{"dst": "0.0.0.0/0"}]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`, l.Node(n, "addresses"), n.PodCIDR)
}

// kubeletConfig never evicts pods and never collects images: the kubelet would see the disk and the memory of the whole
// machine.
func kubeletConfig(l plan.Layout, n plan.Node) string {
	return fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: true}
  x509: {clientCAFile: %q}
authorization: {mode: Webhook}
cgroupDriver: cgroupfs
cgroupRoot: /%s
failCgroupV1: false
failSwapOn: false
enforceNodeAllocatable: []
clusterDNS: [%s]
clusterDomain: %s
resolvConf: %q
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
evictionHard: {}
imageGCHighThresholdPercent: 100
oomScoreAdj: 0
podLogsDir: /var/log/pods
tlsCertFile: %q
tlsPrivateKeyFile: %q
`, l.PKI("ca.crt"), n.Name, plan.DNSServiceIP, plan.Domain, l.Node(n, "resolv.conf"), l.PKI(n.Name+"-server.crt"), l.PKI(n.Name+"-server.key"))
}

// proxyConfig does not change the kernel's connection table: its size is the whole machine's.
func proxyConfig(l plan.Layout, n plan.Node) string {
	return fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: %s
clusterCIDR: %s
clientConnection: {kubeconfig: %q}
conntrack: {maxPerCore: 0, min: 0}
oomScoreAdj: 0
`, n.Name, plan.PodCIDR, controlplane.Kubeconfig(l, "proxy"))
}
