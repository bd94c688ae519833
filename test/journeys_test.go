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
)

// TestJourneys runs each testdata/*.txtar as a user would type it, each in a namespace of its own. How many run at
// the same time is go test's -parallel.
func TestJourneys(t *testing.T) {
	t.Parallel()
	params := open(t).params()
	params.Dir = "testdata"
	testscript.Run(t, params)
}

// TestDrills runs each testdata/drills/*.txtar, one after the other beside the journeys: a drill measures, and two at the same
// time leave nothing of two cores.
func TestDrills(t *testing.T) {
	t.Parallel()
	s := open(t)
	scripts, err := filepath.Glob("testdata/drills/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no drills: %v", err)
	}
	for _, script := range scripts {
		// testscript makes its test parallel to others of the same parent, which it is alone with.
		t.Run(strings.TrimSuffix(filepath.Base(script), ".txtar"), func(t *testing.T) {
			params := s.params()
			params.Files = []string{script}
			testscript.Run(t, params)
		})
	}
}

// params are those of every script.
func (s sandbox) params() testscript.Params {
	return testscript.Params{
		Setup:               s.setup,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"eventually": eventually,
			"exits":      exits,
			"drill":      drill,
			"capture":    capture,
			"certs":      makeCerts,
		},
	}
}

// setup gives a script its namespace, its kubeconfig and its HOME.
func (s sandbox) setup(env *testscript.Env) error {
	ctx := context.Background() // longer than the script's: it cleans up after it
	script := strings.TrimPrefix(filepath.Base(env.WorkDir), "script-")
	namespace := "e2e-" + script + "-" + strings.ToLower(rand.Text()[:5])
	home := filepath.Join(env.WorkDir, ".home")
	kubeconfig := filepath.Join(home, "kubeconfig")
	if err := os.Mkdir(home, 0o700); err != nil {
		return err
	}
	if err := s.writeKubeconfig(ctx, kubeconfig, namespace); err != nil {
		return err
	}
	if err := s.createNamespace(ctx, namespace); err != nil {
		return err
	}
	env.Defer(func() {
		if t, ok := env.T().(interface{ Failed() bool }); ok && t.Failed() {
			s.dump(ctx, env.T(), namespace)
		}
		if err := s.removeNamespace(ctx, namespace); err != nil {
			env.T().Log(err)
		}
	})
	env.Setenv("PATH", s.path())
	env.Setenv("HOME", home)
	env.Setenv("KUBECONFIG", kubeconfig)
	env.Setenv("NAMESPACE", namespace)
	env.Setenv("ROOT", s.root)
	return nil
}

// dump logs what somebody who looks into a failed journey asks first; the namespace is gone soon after.
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
