// Package controlplane issues the keys and starts etcd, the API server, the controller manager, the scheduler and CoreDNS as
// processes of the host.
package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

// validity is longer than any sandbox lives; the hour before now covers a clock that was set back.
const validity = 365 * 24 * time.Hour

type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// subject describes a certificate to issue. name is its file's.
type subject struct {
	name   string
	user   string
	group  string
	dns    []string
	ips    []string
	client bool // a client certificate, or else a server's
}

// subjects lists every certificate of the sandbox.
func subjects() []subject {
	list := []subject{
		{name: "apiserver", user: "kube-apiserver", dns: []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc." + plan.Domain}, ips: []string{"127.0.0.1", plan.HostAddress, plan.APIServiceIP}},
		{name: "apiserver-kubelet", user: "kube-apiserver-kubelet-client", group: "system:masters", client: true},
		{name: "admin", user: "kubernetes-admin", group: "system:masters", client: true},
		{name: "controller-manager", user: "system:kube-controller-manager", client: true},
		{name: "scheduler", user: "system:kube-scheduler", client: true},
		{name: "proxy", user: "system:kube-proxy", client: true},
		{name: "sandbox", user: "sandbox-controllers", group: "system:masters", client: true},
		{name: "kube-router", user: "kube-router", group: "system:masters", client: true},
		{name: "cert-manager", user: "cert-manager", group: "system:masters", client: true},
	}
	for _, n := range plan.Nodes() {
		list = append(list,
			subject{name: n.Name, user: "system:node:" + n.Name, group: "system:nodes", client: true},
			subject{name: n.Name + "-server", user: "system:node:" + n.Name, group: "system:nodes", dns: []string{n.Name}, ips: []string{n.Address, "127.0.0.1"}})
	}
	return list
}

// WriteKeys writes the CA, every certificate, the service-account key and the kubeconfigs.
func WriteKeys(l plan.Layout) error {
	if err := os.MkdirAll(l.PKI(""), 0o700); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	ca, err := newAuthority(l)
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	for _, s := range subjects() {
		if err := ca.issue(l, s); err != nil {
			return fmt.Errorf("write keys of %q: %w", s.name, err)
		}
		if s.client {
			if err := writeKubeconfig(l, s.name); err != nil {
				return fmt.Errorf("write kubeconfig of %q: %w", s.name, err)
			}
		}
	}
	return writeServiceAccountKeys(l)
}

func newAuthority(l plan.Layout) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certificate("ketcd-sandbox-ca", "")
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if template, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return &authority{template, key}, writePair(l, "ca", der, key)
}

func (a *authority) issue(l plan.Layout, s subject) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := certificate(s.user, s.group)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	if s.client {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	}
	template.DNSNames = s.dns
	for _, ip := range s.ips {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(ip))
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return err
	}
	return writePair(l, s.name, der, key)
}

func certificate(user, group string) *x509.Certificate {
	name := pkix.Name{CommonName: user}
	if group != "" {
		name.Organization = []string{group}
	}
	serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	now := time.Now()
	return &x509.Certificate{SerialNumber: serial, Subject: name, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(validity)}
}

func writePair(l plan.Layout, name string, der []byte, key *ecdsa.PrivateKey) error {
	if err := writePEM(l.PKI(name+".crt"), "CERTIFICATE", der); err != nil {
		return err
	}
	return writeKey(l, name, key)
}

func writeKey(l plan.Layout, name string, key *ecdsa.PrivateKey) error {
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	return writePEM(l.PKI(name+".key"), "EC PRIVATE KEY", der)
}

func writeServiceAccountKeys(l plan.Layout) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if err := writeKey(l, "service-account", key); err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	return writePEM(l.PKI("service-account.pub"), "PUBLIC KEY", der)
}

func writePEM(path, kind string, der []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
