package smoke

import (
	"context"
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/programs"
)

func (s *smoke) zones(ctx context.Context) error {
	if _, err := s.kubectl(ctx, "rollout", "status", "statefulset/etcd"); err != nil {
		return err
	}
	out, err := s.kubectl(ctx, "get", "pods", "-l", "app=etcd", "-o", "jsonpath={.items[*].spec.nodeName}")
	if err != nil {
		return err
	}
	nodes := map[string]bool{}
	for _, node := range strings.Fields(out) {
		nodes[node] = true
	}
	zones := map[string]bool{}
	for node := range nodes {
		zone, err := s.kubectl(ctx, "get", "node", node, "-o", `jsonpath={.metadata.labels.topology\.kubernetes\.io/zone}`)
		if err != nil {
			return err
		}
		zones[zone] = true
	}
	if len(nodes) != 3 || len(zones) != 3 {
		return fmt.Errorf("the pods are on %d nodes in %d zones", len(nodes), len(zones))
	}
	return nil
}

func (s *smoke) restricted(ctx context.Context) error {
	_, err := s.kubectl(ctx, "run", "privileged", "--image="+plan.PauseImage, "--privileged", "--dry-run=server")
	if err == nil {
		return fmt.Errorf("a privileged pod was let in")
	}
	if !strings.Contains(err.Error(), "PodSecurity") {
		return err
	}
	return nil
}

// dns passes if every member answers at its advertised name.
func (s *smoke) dns(ctx context.Context) error {
	return eventually(ctx, func() error {
		_, err := s.kubectl(ctx, "exec", "etcd-0", "--", "etcdctl", "endpoint", "health", "--cluster")
		return err
	})
}

func (s *smoke) logs(ctx context.Context) error {
	out, err := s.kubectl(ctx, "logs", "etcd-0")
	if err == nil && !strings.Contains(out, "etcd-version") {
		err = fmt.Errorf("the log does not name etcd's version: %.200s", out)
	}
	return err
}

// ephemeral runs another version of etcd than the pod's, if its image exists.
func (s *smoke) ephemeral(ctx context.Context) error {
	version := programs.NewestEtcd()
	if s.all {
		version = programs.EtcdVersions()[0]
	}
	_, err := s.kubectl(ctx, "debug", "etcd-1", "--profile=restricted", "--container=debugger",
		"--image="+plan.EtcdImage+":"+version, "--", "etcdctl", "version")
	if err != nil {
		return err
	}
	return eventually(ctx, func() error {
		out, err := s.kubectl(ctx, "logs", "etcd-1", "-c", "debugger")
		if err == nil && !strings.Contains(out, strings.TrimPrefix(version, "v")) {
			err = fmt.Errorf("it said %q", out)
		}
		return err
	})
}

func (s *smoke) reschedule(ctx context.Context) error {
	const where = "jsonpath={.metadata.uid} {.spec.nodeName}"
	before, err := s.kubectl(ctx, "get", "pod", "etcd-2", "-o", where)
	if err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "exec", "etcd-2", "--", "etcdctl", "put", "kept", "yes"); err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, "delete", "pod", "etcd-2"); err != nil {
		return err
	}
	err = eventually(ctx, func() error {
		out, err := s.kubectl(ctx, "exec", "etcd-2", "--", "etcdctl", "get", "kept", "--print-value-only", "--consistency=s")
		if err == nil && out != "yes" {
			err = fmt.Errorf("the key is %q", out)
		}
		return err
	})
	if err != nil {
		return err
	}
	after, err := s.kubectl(ctx, "get", "pod", "etcd-2", "-o", where)
	if err != nil {
		return err
	}
	uidBefore, nodeBefore, _ := strings.Cut(before, " ")
	uidAfter, nodeAfter, _ := strings.Cut(after, " ")
	if uidBefore == uidAfter || nodeBefore != nodeAfter {
		return fmt.Errorf("the pod was %q and is %q", before, after)
	}
	return nil
}
