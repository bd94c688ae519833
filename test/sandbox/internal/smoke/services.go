package smoke

import (
	"bufio"
	"context"
	"fmt"
	"os/exec"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/plan"
)

func (s *smoke) clusterIP(ctx context.Context) error {
	ip, err := s.kubectl(ctx, "get", "service", "etcd-client", "-o", "jsonpath={.spec.clusterIP}")
	if err != nil {
		return err
	}
	endpoint := "--endpoints=http://" + ip + ":2379"
	if _, err := s.kubectl(ctx, "exec", "etcd-0", "--", "etcdctl", endpoint, "endpoint", "health"); err != nil {
		return fmt.Errorf("from a pod: %w", err)
	}
	for _, n := range plan.Nodes() {
		if _, err := command(ctx, "", "nsenter", "--net="+n.NetworkNamespace(), s.layout.Bin("etcdctl"), endpoint, "endpoint", "health"); err != nil {
			return fmt.Errorf("from node %q: %w", n.Name, err)
		}
	}
	if _, err := command(ctx, "", s.layout.Bin("etcdctl"), endpoint, "endpoint", "health"); err != nil {
		return fmt.Errorf("from the host: %w", err)
	}
	return nil
}

func (s *smoke) balancer(ctx context.Context) error {
	return eventually(ctx, func() error {
		ip, err := s.kubectl(ctx, "get", "service", "etcd-client", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}")
		if err != nil {
			return err
		}
		if ip == "" {
			return fmt.Errorf("the Service has no address")
		}
		_, err = command(ctx, "", s.layout.Bin("etcdctl"), "--endpoints=http://"+ip+":2379", "endpoint", "health")
		return err
	})
}

// members is a policy that admits only members of etcd.
const members = `{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "members"}, "spec": {
"podSelector": {"matchLabels": {"app": "etcd"}},
"ingress": [{"from": [{"podSelector": {"matchLabels": {"app": "etcd"}}}]}]}}`

func (s *smoke) policy(ctx context.Context) error {
	ip, err := s.kubectl(ctx, "get", "pod", "etcd-1", "-o", "jsonpath={.status.podIP}")
	if err != nil {
		return err
	}
	health := []string{"--endpoints=http://" + ip + ":2379", "--command-timeout=1s", "endpoint", "health"}
	outside := func() error {
		_, err := command(ctx, "", s.layout.Bin("etcdctl"), health...)
		return err
	}
	if _, err := s.feed(ctx, members, "apply", "-f", "-"); err != nil {
		return err
	}
	err = eventually(ctx, func() error {
		if outside() == nil {
			return fmt.Errorf("the host is let in")
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := s.kubectl(ctx, append([]string{"exec", "etcd-0", "--", "etcdctl"}, health...)...); err != nil {
		return fmt.Errorf("from a member: %w", err)
	}
	if _, err := s.kubectl(ctx, "delete", "networkpolicy", "members"); err != nil {
		return err
	}
	return eventually(ctx, outside)
}

func (s *smoke) portForward(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.layout.Bin("kubectl"), "--kubeconfig", s.layout.Kubeconfig(), "--namespace", namespace,
		"port-forward", "pod/etcd-0", ":2379")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	defer func() { cancel(); _ = cmd.Wait() }() // it is ended by a signal
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return fmt.Errorf("kubectl port-forward said nothing: %w", err)
	}
	// Forwarding from 127.0.0.1:40001 -> 2379
	fields := strings.Fields(line)
	if len(fields) < 3 {
		return fmt.Errorf("kubectl port-forward said %q", line)
	}
	_, err = command(ctx, "", s.layout.Bin("etcdctl"), "--endpoints=http://"+fields[2], "endpoint", "health")
	return err
}
