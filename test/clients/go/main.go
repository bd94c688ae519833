// Command go writes, reads and watches with client/v3, as an application would: its certificates are files that it lets
// client/v3's own TLSInfo read.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"go.etcd.io/etcd/api/v3/version"
	"go.etcd.io/etcd/client/pkg/v3/transport"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

const (
	key   = "/clients/go"
	limit = 5 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	files := os.Getenv("CERTIFICATES")
	// The certificate is read at each new connection, the CA only here.
	info := transport.TLSInfo{
		CertFile: filepath.Join(files, "tls.crt"), KeyFile: filepath.Join(files, "tls.key"), TrustedCAFile: filepath.Join(files, "ca.crt"),
	}
	config, err := info.ClientConfig()
	if err != nil {
		return err
	}
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{os.Getenv("ENDPOINT")}, TLS: config, DialTimeout: limit, Logger: zap.NewNop(),
	})
	if err != nil {
		return err
	}
	defer func() { _ = client.Close() }()
	fmt.Println("version client/v3", version.Version)
	go watch(ctx, client)
	for n := 1; ctx.Err() == nil; n++ {
		if err := write(ctx, client, strconv.Itoa(n)); err != nil {
			fmt.Println("error:", err)
		} else {
			fmt.Println("wrote", n)
		}
		time.Sleep(time.Second)
	}
	return nil
}

func write(ctx context.Context, client *clientv3.Client, value string) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if _, err := client.Put(ctx, key, value); err != nil {
		return err
	}
	got, err := client.Get(ctx, key)
	if err != nil {
		return err
	}
	if len(got.Kvs) != 1 || string(got.Kvs[0].Value) != value {
		return fmt.Errorf("read %v, not %q", got.Kvs, value)
	}
	return nil
}

func watch(ctx context.Context, client *clientv3.Client) {
	for answer := range client.Watch(clientv3.WithRequireLeader(ctx), key) {
		for _, event := range answer.Events {
			fmt.Println("watched", string(event.Kv.Value))
		}
	}
}
