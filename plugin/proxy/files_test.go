package proxy

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/kubernetes/fake"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/credentials"
)

// TestFilesOfKilledProcessAreRemoved kills a process that has a key in its folder, while another one keeps running.
func TestFilesOfKilledProcessAreRemoved(t *testing.T) {
	runtime := t.TempDir()
	t.Setenv("XDG_RUNTIME_DIR", runtime)
	begin := func() (string, *exec.Cmd) {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childVariable+"=keep")
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		lines := bufio.NewScanner(out)
		lines.Scan()
		return lines.Text(), cmd
	}
	living, _ := begin()
	dead, cmd := begin()
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if _, err := os.Stat(filepath.Join(dead, "client.key")); err != nil {
		t.Fatal(err)
	}
	a := newAuthority(t, "127.0.0.1")
	s, _ := session(t, tlsServer(t, a), a, credentials.Flags{}, place("a", true))
	o := opened(t, s)
	entries, err := os.ReadDir(runtime)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, e := range entries {
		got[filepath.Join(runtime, e.Name())] = true
	}
	if diff := cmp.Diff(map[string]bool{living: true, filepath.Dir(o.Environment.Files.Key): true}, got); diff != "" {
		t.Errorf("folders (-want +got)\n%s", diff)
	}
}

// TestFilesFollowTheCluster replaces the Secret during a session. In between it cannot be read.
func TestFilesFollowTheCluster(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	a, next := newAuthority(t, "127.0.0.1"), newAuthority(t, "127.0.0.1")
	s, said := session(t, tlsServer(t, a), a, credentials.Flags{}, place("a", true))
	turn := make(chan struct{})
	steps := []func() (*credentials.Set, error){
		func() (*credentials.Set, error) { return find(t, s, a) },
		func() (*credentials.Set, error) { return nil, errors.New("the API server does not answer") },
		func() (*credentials.Set, error) { return nil, errors.New("the API server does not answer") },
		func() (*credentials.Set, error) { return find(t, s, next) },
		func() (*credentials.Set, error) { return find(t, s, next) },
	}
	s.RefreshEvery = time.Millisecond
	s.Find = func(ctx context.Context) (*credentials.Set, error) {
		if len(steps) == 0 {
			close(turn)
			<-ctx.Done()
			return nil, ctx.Err()
		}
		step := steps[0]
		steps = steps[1:]
		return step()
	}
	o := opened(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go o.Serve(ctx)
	<-turn
	files := o.Environment.Files
	if _, err := tls.LoadX509KeyPair(files.Cert, files.Key); err != nil {
		t.Error(err)
	}
	for name, want := range map[string][]byte{files.CA: next.ca.Cert, files.Cert: next.server.Cert} {
		if got, err := os.ReadFile(name); err != nil || !bytes.HasPrefix(got, bytes.TrimSpace(want)) {
			t.Errorf("%s is not the new one: %v", name, err)
		}
	}
	dir := filepath.Dir(files.CA)
	want := []string{
		"the certificates in " + dir + " were not updated, because those in the cluster cannot be read: the API server does not answer",
		"the certificates in " + dir + " were updated, as in the cluster (restart clients that read them only at their start)",
	}
	if diff := cmp.Diff(want, said.all()); diff != "" {
		t.Errorf("told (-want +got)\n%s", diff)
	}
	if info, err := os.Stat(files.Key); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
}

func find(t *testing.T, s Session, a authority) (*credentials.Set, error) {
	t.Helper()
	return credentials.Find(t.Context(), fake.NewClientset(a.secret()), s.Cluster, credentials.FlagValues{})
}

// TestGivenFilesAreUsed has a user who gave all files: those in the cluster are not used.
func TestGivenFilesAreUsed(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", t.TempDir())
	a := newAuthority(t, "127.0.0.1")
	dir := t.TempDir()
	name := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	flags := credentials.Flags{CACert: name("ca", a.ca.Cert), Cert: name("cert", a.server.Cert), Key: name("key", a.server.Key)}
	s, said := session(t, tlsServer(t, a), a, flags, place("a", true))
	s.RefreshEvery = time.Millisecond
	s.Find = func(context.Context) (*credentials.Set, error) { return nil, errors.New("looked for") }
	o := opened(t, s)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	o.Serve(ctx)
	if lines := said.all(); len(lines) > 0 || !strings.HasPrefix(o.Environment.Files.Key, dir) {
		t.Errorf("told %q, files %+v", lines, o.Environment.Files)
	}
}
