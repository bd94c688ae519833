package controlplane

import (
	"encoding/base64"
	"fmt"
	"os"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// Kubeconfig returns the path of the named subject's kubeconfig.
func Kubeconfig(l plan.Layout, name string) string { return l.PKI(name + ".kubeconfig") }

// writeKubeconfig embeds the keys, so that the file can be copied anywhere.
func writeKubeconfig(l plan.Layout, name string) error {
	text, err := kubeconfig(l, name)
	if err != nil {
		return err
	}
	return os.WriteFile(Kubeconfig(l, name), []byte(text), 0o600)
}

// PublishKubeconfig writes the administrator's kubeconfig to its documented path. It comes last: the file means that the
// sandbox is up.
func PublishKubeconfig(l plan.Layout) error {
	text, err := kubeconfig(l, "admin")
	if err != nil {
		return fmt.Errorf("publish the kubeconfig: %w", err)
	}
	if err := os.WriteFile(l.Kubeconfig(), []byte(text), 0o600); err != nil {
		return fmt.Errorf("publish the kubeconfig: %w", err)
	}
	return nil
}

// kubeconfig uses a loopback address of the server on the host, and the bridge's address on nodes, which have their own
// loopback.
func kubeconfig(l plan.Layout, name string) (string, error) {
	address := "127.0.0.1"
	if name == "proxy" || name == "kube-router" || isNode(name) {
		address = plan.HostAddress
	}
	var data [3]string
	for i, file := range []string{"ca.crt", name + ".crt", name + ".key"} {
		content, err := os.ReadFile(l.PKI(file))
		if err != nil {
			return "", err
		}
		data[i] = base64.StdEncoding.EncodeToString(content)
	}
	return fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: sandbox
clusters:
- name: sandbox
  cluster:
    server: https://%s:%d
    certificate-authority-data: %s
users:
- name: %s
  user:
    client-certificate-data: %s
    client-key-data: %s
contexts:
- name: sandbox
  context:
    cluster: sandbox
    user: %s
`, address, plan.APIPort, data[0], name, data[1], data[2], name), nil
}

func isNode(name string) bool {
	for _, n := range plan.Nodes() {
		if n.Name == name {
			return true
		}
	}
	return false
}
