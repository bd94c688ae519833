package proxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// childVariable makes this test binary run a task as a separate process.
const childVariable = "PROXY_TEST_CHILD"

func TestMain(m *testing.M) {
	var err error
	switch os.Getenv(childVariable) {
	case "":
		os.Exit(m.Run())
	case "keep":
		err = keepUntilKilled()
	case "status":
		err = statusOfAll()
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(0)
}

// keepUntilKilled writes a private key to a file and prints its path.
func keepUntilKilled() error {
	k, err := writeFiles(credentials.PEM{CA: []byte("ca"), Cert: []byte("cert"), Key: []byte("key")}, Files{})
	if err != nil {
		return err
	}
	fmt.Println(k.folder.Path)
	time.Sleep(time.Minute) // it is killed before that
	k.remove()
	return nil
}

// statusOfAll does what "etcdctl endpoint status --cluster" does, with only etcdctl's variables: it reads the member
// list, and then the status of each member at its advertised URL.
func statusOfAll() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	first, err := childClient(strings.Split(os.Getenv("ETCDCTL_ENDPOINTS"), ",")...)
	if err != nil {
		return err
	}
	defer first.Close()
	list, err := first.MemberList(ctx)
	if err != nil {
		return err
	}
	var urls []string
	for _, m := range list.Members {
		urls = append(urls, m.ClientURLs...)
	}
	slices.Sort(urls)
	for _, u := range urls {
		client, err := childClient(u)
		if err != nil {
			return err
		}
		_, err = client.Status(ctx, u)
		if err := errors.Join(err, client.Close()); err != nil {
			return fmt.Errorf("%s: %w", u, err)
		}
		fmt.Println(u)
	}
	return nil
}

func childClient(endpoints ...string) (*clientv3.Client, error) {
	cfg := clientv3.Config{Endpoints: endpoints, Logger: zap.NewNop()}
	if file := os.Getenv("ETCDCTL_CACERT"); file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		pair, err := tls.LoadX509KeyPair(os.Getenv("ETCDCTL_CERT"), os.Getenv("ETCDCTL_KEY"))
		if err != nil {
			return nil, err
		}
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(text)
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, Certificates: []tls.Certificate{pair}}
	}
	return clientv3.New(cfg)
}
