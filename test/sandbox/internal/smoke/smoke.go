// Package smoke checks a running sandbox as its users use it: by kubectl, with a real etcd.
package smoke

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/owner"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

const namespace = "sandbox-smoke"

//go:embed etcd.yaml
var manifest string

// checkBound is the deadline of every check.
const checkBound = 90 * time.Second

type check struct {
	name  string
	run   func(context.Context) error
	extra bool // only with `up --all`
}

// smoke is one run of all checks.
type smoke struct {
	layout plan.Layout
	out    io.Writer
	all    bool // the sandbox was started with --all
}

// Run runs every check, prints one line for each, and removes what it created. A failed check does not stop the others.
func Run(ctx context.Context, l plan.Layout, out io.Writer) error {
	if _, err := os.Stat(l.Kubeconfig()); err != nil {
		return fmt.Errorf("no sandbox is up in %q (run `up` first)", l.Dir)
	}
	record, err := owner.Read(plan.RunDir)
	if err != nil {
		return err
	}
	s := &smoke{l, out, record != nil && record.All}
	defer s.clean(ctx)
	if err := s.begin(ctx); err != nil {
		return err
	}
	passed, failed := 0, 0
	for _, c := range s.checks() {
		if c.extra && !s.all {
			fmt.Fprintf(out, "none  %s (`up --all` brings it)\n", c.name)
			continue
		}
		start := time.Now()
		if err := bounded(ctx, c.run); err != nil {
			failed++
			fmt.Fprintf(out, "FAIL  %s: %v\n", c.name, err)
			continue
		}
		passed++
		fmt.Fprintf(out, "ok    %s (%.1fs)\n", c.name, time.Since(start).Seconds())
	}
	fmt.Fprintf(out, "%d passed, %d failed\n", passed, failed)
	if failed > 0 {
		return fmt.Errorf("%d of %d checks failed (logs: %s)", failed, passed+failed, l.Logs())
	}
	return nil
}

func (s *smoke) checks() []check {
	return []check{
		{name: "three pods on three nodes in three zones", run: s.zones},
		{name: "the restricted standard refuses a privileged pod", run: s.restricted},
		{name: "exec, and DNS between pods", run: s.dns},
		{name: "ClusterIP from a pod, a node and the host", run: s.clusterIP},
		{name: "load-balancer address from the host", run: s.balancer},
		{name: "a NetworkPolicy lets in whom it names", run: s.policy, extra: true},
		{name: "logs", run: s.logs},
		{name: "port-forward", run: s.portForward},
		{name: "ephemeral container", run: s.ephemeral},
		{name: "a claim grows", run: s.grow},
		{name: "a deleted pod comes back with its data, in its zone", run: s.reschedule},
		{name: "deleting claims removes volumes", run: s.release},
	}
}

func bounded(ctx context.Context, run func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, checkBound)
	defer cancel()
	return run(ctx)
}

func (s *smoke) begin(ctx context.Context) error {
	return bounded(ctx, func(ctx context.Context) error {
		s.clean(ctx) // left by an earlier run
		if _, err := s.kubectl(ctx, "create", "namespace", namespace); err != nil {
			return err
		}
		if _, err := s.kubectl(ctx, "label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted"); err != nil {
			return err
		}
		_, err := s.feed(ctx, manifest, "apply", "-f", "-")
		return err
	})
}

// clean removes the namespace, also after an interrupt.
func (s *smoke) clean(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), checkBound)
	defer cancel()
	if _, err := s.kubectl(ctx, "delete", "namespace", namespace, "--ignore-not-found"); err != nil {
		fmt.Fprintf(s.out, "cannot remove namespace %q: %v\n", namespace, err)
	}
}

func (s *smoke) kubectl(ctx context.Context, args ...string) (string, error) {
	return s.feed(ctx, "", args...)
}

// feed runs kubectl on the sandbox with the text on stdin.
func (s *smoke) feed(ctx context.Context, input string, args ...string) (string, error) {
	args = append([]string{"--kubeconfig", s.layout.Kubeconfig(), "--namespace", namespace}, args...)
	return command(ctx, input, s.layout.Bin("kubectl"), args...)
}

func command(ctx context.Context, input, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	var out, errOut bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(input), &out, &errOut
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			err = fmt.Errorf("not done after %s", checkBound)
		}
		return "", fmt.Errorf("%q: %w: %s", strings.Join(args, " "), err, strings.TrimSpace(errOut.String()))
	}
	return strings.TrimSpace(out.String()), nil
}

// eventually retries until there is no error or the check's deadline is reached.
func eventually(ctx context.Context, ask func() error) error {
	for {
		err := ask()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("still so after %s", checkBound), err)
		case <-time.After(200 * time.Millisecond):
		}
	}
}
