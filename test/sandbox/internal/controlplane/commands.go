package controlplane

import (
	"fmt"
	"os"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/process"
)

// Etcd is the sandbox's own store. It does not fsync: the sandbox is thrown away after a crash, and the tests should have
// the disk to themselves.
func Etcd(l plan.Layout) process.Command {
	client := fmt.Sprintf("http://127.0.0.1:%d", plan.EtcdPort)
	peer := fmt.Sprintf("http://127.0.0.1:%d", plan.EtcdPeerPort)
	return command(l, "etcd", l.Bin("etcd"),
		"--name=sandbox",
		"--data-dir="+l.State()+"/etcd",
		"--listen-client-urls="+client, "--advertise-client-urls="+client,
		"--listen-peer-urls="+peer, "--initial-advertise-peer-urls="+peer,
		"--initial-cluster=sandbox="+peer,
		"--unsafe-no-fsync",
		"--log-level=warn")
}

// APIServer listens on all addresses of the host, for nodes and users, and requires a certificate or a token.
func APIServer(l plan.Layout) process.Command {
	return command(l, "kube-apiserver", l.Bin("kube-apiserver"),
		fmt.Sprintf("--etcd-servers=http://127.0.0.1:%d", plan.EtcdPort),
		fmt.Sprintf("--secure-port=%d", plan.APIPort),
		"--advertise-address="+plan.HostAddress,
		"--service-cluster-ip-range="+plan.ServiceCIDR,
		"--client-ca-file="+l.PKI("ca.crt"),
		"--tls-cert-file="+l.PKI("apiserver.crt"),
		"--tls-private-key-file="+l.PKI("apiserver.key"),
		"--kubelet-certificate-authority="+l.PKI("ca.crt"),
		"--kubelet-client-certificate="+l.PKI("apiserver-kubelet.crt"),
		"--kubelet-client-key="+l.PKI("apiserver-kubelet.key"),
		// The names of the nodes do not resolve.
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc."+plan.Domain,
		"--service-account-key-file="+l.PKI("service-account.pub"),
		"--service-account-signing-key-file="+l.PKI("service-account.key"),
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		"--profiling=false")
}

// Agents are the host's processes that start once the API server answers.
func Agents(l plan.Layout) []process.Command {
	return []process.Command{ControllerManager(l), Scheduler(l), CoreDNS(l), Controllers(l)}
}

// Extras are what `up --all` adds on the host.
func Extras(l plan.Layout) []process.Command { return []process.Command{CertManager(l)} }

// ControllerManager has no replicas, so it needs no leader election.
func ControllerManager(l plan.Layout) process.Command {
	return command(l, "kube-controller-manager", l.Bin("kube-controller-manager"),
		"--kubeconfig="+Kubeconfig(l, "controller-manager"),
		"--root-ca-file="+l.PKI("ca.crt"),
		"--cluster-signing-cert-file="+l.PKI("ca.crt"),
		"--cluster-signing-key-file="+l.PKI("ca.key"),
		"--service-account-private-key-file="+l.PKI("service-account.key"),
		"--use-service-account-credentials=true",
		"--leader-elect=false",
		"--secure-port=0",
		"--profiling=false")
}

// Scheduler has no replicas either.
func Scheduler(l plan.Layout) process.Command {
	return command(l, "kube-scheduler", l.Bin("kube-scheduler"),
		"--kubeconfig="+Kubeconfig(l, "scheduler"),
		"--leader-elect=false",
		"--secure-port=0",
		"--profiling=false")
}

// CoreDNS listens on the bridge; the kube-dns Service leads there.
func CoreDNS(l plan.Layout) process.Command {
	return command(l, "coredns", l.Bin("coredns"), "-conf", corefilePath(l))
}

// Controllers runs this program as the controllers of volumes and load-balancer addresses.
func Controllers(l plan.Layout) process.Command {
	return command(l, "controllers", l.Bin("sandbox"), "controllers", "--dir", l.Dir, "--kubeconfig", Kubeconfig(l, "sandbox"))
}

// CertManager issues certificates, as in production clusters. It applies its CustomResourceDefinitions first.
func CertManager(l plan.Layout) process.Command {
	return command(l, "cert-manager", l.Bin("cert-manager"),
		"--kubeconfig="+Kubeconfig(l, "cert-manager"),
		"--crds="+l.Bin("cert-manager-crds.yaml"))
}

func command(l plan.Layout, name string, args ...string) process.Command {
	return process.Command{Name: name, Args: args, Log: l.Log(name)}
}

func corefilePath(l plan.Layout) string { return l.State() + "/Corefile" }

// WriteCorefile writes CoreDNS's configuration. Names outside the cluster do not exist: nothing in the sandbox may send
// requests to the internet.
func WriteCorefile(l plan.Layout) error {
	text := fmt.Sprintf(`%[1]s:%[2]d in-addr.arpa:%[2]d ip6.arpa:%[2]d {
	bind %[3]s
	errors
	kubernetes %[1]s in-addr.arpa ip6.arpa {
		kubeconfig %[4]q
		pods insecure
		ttl 5
	}
}
.:%[2]d {
	bind %[3]s
	errors
	template IN ANY . {
		rcode NXDOMAIN
	}
}
`, plan.Domain, plan.DNSPort, plan.HostAddress, Kubeconfig(l, "sandbox"))
	if err := os.WriteFile(corefilePath(l), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write the Corefile: %w", err)
	}
	return nil
}
