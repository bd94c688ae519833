//go:build e2e

package test

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/kubectl-etcd/kubectl-etcd/test/scriptcommands"
)

// TestJourneys runs each testdata/*.txtar as a user would type it, each in its own namespace. go test's -parallel sets how
// many run at the same time.
func TestJourneys(t *testing.T) {
	t.Parallel()
	params := open(t).params()
	params.Dir = "testdata"
	runJourneys(t, true, params)
}

// params are the parameters of every script.
func (s sandbox) params() testscript.Params {
	return testscript.Params{
		Setup:               s.setup,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"eventually": eventually,
			"exits":      exits,
			"drill":      drill,
			"capture":    scriptcommands.Capture,
			"certs":      scriptcommands.Certs,
		},
	}
}

// setup gives a script its namespace, its kubeconfig and its HOME.
func (s sandbox) setup(env *testscript.Env) error {
	ctx := context.Background() // outlives the script's context, because it cleans up after it
	script := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
	namespace := "e2e-" + script + "-" + strings.ToLower(rand.Text()[:5])
	home := filepath.Join(env.WorkDir, ".home")
	kubeconfig := filepath.Join(home, "kubeconfig")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	if err := s.writeKubeconfig(kubeconfig, namespace); err != nil {
		return err
	}
	if err := s.createNamespace(ctx, namespace); err != nil {
		return err
	}
	values, stopWatch, err := s.watchSecrets(ctx, namespace, s.scriptText(script))
	if err != nil {
		return err
	}
	env.T().(*journey).secrets = values
	env.Defer(func() {
		if err := stopWatch(); err != nil {
			env.T().(*journey).Error(err)
		}
		if env.T().(*journey).Failed() {
			s.dump(ctx, env.T(), namespace)
		}
		if err := s.removeNamespace(ctx, namespace); err != nil {
			env.T().Log(err)
		}
	})
	env.Vars = append(env.Vars, s.direct()...)
	env.Setenv("HOME", home)
	env.Setenv("KUBECONFIG", kubeconfig)
	env.Setenv("NAMESPACE", namespace)
	env.Setenv("ROOT", s.root)
	return nil
}

// scriptText returns the text of a script below testdata.
func (s sandbox) scriptText(name string) string {
	files, _ := filepath.Glob(filepath.Join(s.root, "test", "testdata", "*", name+".txtar"))
	for _, file := range append(files, filepath.Join(s.root, "test", "testdata", name+".txtar")) {
		if text, err := os.ReadFile(file); err == nil {
			return string(text)
		}
	}
	return ""
}

// dump logs the state that one needs to debug a failed journey; its namespace is deleted soon after.
func (s sandbox) dump(ctx context.Context, t testscript.T, namespace string) {
	for _, args := range [][]string{
		{"get", "statefulsets,pods,persistentvolumeclaims,configmaps,leases", "-o", "wide"},
		{"get", "events", "--sort-by=.lastTimestamp"},
		{"logs", "--selector=app.kubernetes.io/name=etcd", "--tail=20", "--prefix", "--ignore-errors"},
	} {
		out, err := s.kubectl(ctx, "", append([]string{"--namespace=" + namespace}, args...)...)
		if err != nil {
			out += err.Error()
		}
		t.Log("$ kubectl " + strings.Join(args, " ") + "\n" + out)
	}
}
