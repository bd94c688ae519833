//go:build e2e

package test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
	"google.golang.org/grpc"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// application reads its certificate from a Secret, as if it were mounted, and dials members by their pods' addresses, as if
// it ran in the cluster.
type application struct {
	kube              kubernetes.Interface
	namespace, secret string
}

// applicationClient returns an etcd client of an application that reads its certificate and its CA at each handshake.
func applicationClient(t *testing.T, kubeconfig, namespace, secret string) *clientv3.Client {
	t.Helper()
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	a := application{kube, namespace, secret}
	var endpoints []string
	for _, pod := range []string{"etcd-0", "etcd-1", "etcd-2"} {
		endpoints = append(endpoints, "https://"+pod+".etcd."+namespace+".svc:2379")
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: endpoints, TLS: a.tls(t.Context()), Logger: zap.NewNop(),
		DialKeepAliveTime: 5 * time.Second, DialKeepAliveTimeout: 5 * time.Second,
		DialOptions: []grpc.DialOption{grpc.WithContextDialer(a.dial)},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// dial connects to the pod that has the name now: a recreated pod has another address.
func (a application) dial(ctx context.Context, address string) (net.Conn, error) {
	name, _, _ := strings.Cut(strings.TrimPrefix(address, "https://"), ".")
	pod, err := a.kube.CoreV1().Pods(a.namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if pod.Status.PodIP == "" {
		return nil, errors.New("the pod has no address yet")
	}
	return (&net.Dialer{}).DialContext(ctx, "tcp", net.JoinHostPort(pod.Status.PodIP, "2379"))
}

func (a application) tls(ctx context.Context) *tls.Config {
	return &tls.Config{
		MinVersion:         tls.VersionTLS12,
		InsecureSkipVerify: true, //nolint:gosec // verified below, with the CA of this handshake
		VerifyConnection: func(s tls.ConnectionState) error {
			data, err := a.files(ctx)
			if err != nil {
				return err
			}
			roots := x509.NewCertPool()
			roots.AppendCertsFromPEM(data["ca.crt"])
			_, err = s.PeerCertificates[0].Verify(x509.VerifyOptions{Roots: roots, DNSName: s.ServerName})
			return err
		},
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			data, err := a.files(ctx)
			if err != nil {
				return nil, err
			}
			c, err := tls.X509KeyPair(data["tls.crt"], data["tls.key"])
			return &c, err
		},
	}
}

func (a application) files(ctx context.Context) (map[string][]byte, error) {
	s, err := a.kube.CoreV1().Secrets(a.namespace).Get(ctx, a.secret, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	return s.Data, nil
}
