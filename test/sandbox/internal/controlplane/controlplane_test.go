package controlplane

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

func keys(t *testing.T) plan.Layout {
	t.Helper()
	l := plan.Layout{Dir: t.TempDir()}
	if err := WriteKeys(l); err != nil {
		t.Fatal(err)
	}
	return l
}

func TestEveryCertificateIsGoodForItsUse(t *testing.T) {
	l := keys(t)
	ca, err := os.ReadFile(l.PKI("ca.crt"))
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	for _, s := range subjects() {
		pair, err := tls.LoadX509KeyPair(l.PKI(s.name+".crt"), l.PKI(s.name+".key"))
		if err != nil {
			t.Fatal(err)
		}
		use := x509.ExtKeyUsageServerAuth
		if s.client {
			use = x509.ExtKeyUsageClientAuth
		}
		if _, err := pair.Leaf.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{use}}); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
		for _, host := range append(s.dns, s.ips...) {
			if err := pair.Leaf.VerifyHostname(host); err != nil {
				t.Errorf("%s: %v", s.name, err)
			}
		}
		if info, err := os.Stat(l.PKI(s.name + ".key")); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: the key's file is %v, %v", s.name, info.Mode(), err)
		}
	}
}

// A node has its own loopback: it must use the bridge's address.
func TestKubeconfigsNameAServerThatTheirOwnerReaches(t *testing.T) {
	l := keys(t)
	if err := PublishKubeconfig(l); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		l.Kubeconfig():                      "https://127.0.0.1:16443",
		Kubeconfig(l, "scheduler"):          "https://127.0.0.1:16443",
		Kubeconfig(l, "cert-manager"):       "https://127.0.0.1:16443",
		Kubeconfig(l, "proxy"):              "https://10.213.0.1:16443",
		Kubeconfig(l, "kube-router"):        "https://10.213.0.1:16443",
		Kubeconfig(l, plan.Nodes()[1].Name): "https://10.213.0.1:16443",
	} {
		config, err := clientcmd.BuildConfigFromFlags("", path)
		if err != nil {
			t.Fatal(err)
		}
		if config.Host != want {
			t.Errorf("%s: %q, want %q", path, config.Host, want)
		}
	}
}

func TestCorefileAsksNobodyElse(t *testing.T) {
	l := plan.Layout{Dir: t.TempDir()}
	if err := os.MkdirAll(l.State(), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := WriteCorefile(l); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(corefilePath(l))
	if err != nil {
		t.Fatal(err)
	}
	if text := string(data); strings.Contains(text, "forward") || !strings.Contains(text, "NXDOMAIN") {
		t.Error(text)
	}
}

func TestProcessesLogUnderTheirNames(t *testing.T) {
	l := plan.Layout{Dir: "/s"}
	for _, c := range []struct{ name, log string }{
		{Etcd(l).Name, Etcd(l).Log},
		{APIServer(l).Name, APIServer(l).Log},
		{ControllerManager(l).Name, ControllerManager(l).Log},
		{Scheduler(l).Name, Scheduler(l).Log},
		{CoreDNS(l).Name, CoreDNS(l).Log},
		{Controllers(l).Name, Controllers(l).Log},
		{CertManager(l).Name, CertManager(l).Log},
	} {
		if want := "/s/logs/" + c.name + ".log"; c.log != want {
			t.Errorf("%q logs to %q", c.name, c.log)
		}
	}
}
