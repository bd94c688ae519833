// Package etcdctl runs etcdctl in a member's container.
package etcdctl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/util/exec"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/connect"
)

// Run is one invocation of etcdctl.
type Run struct {
	Cluster *cluster.Cluster
	Member  string   // the member in whose pod it runs, and its only endpoint; "" is a Ready one, with all Ready members as endpoints
	Args    []string // the user's arguments for etcdctl
	Streams genericiooptions.IOStreams

	// RootPair returns the Secret with the certificate of etcd's user root, or "". If RootPair is nil, there is none.
	RootPair   func(context.Context) string
	SkipVerify bool // do not verify the members' certificates
	Note       func(format string, args ...any)
}

// Do runs etcdctl and waits until it ends. An exit status other than 0 is an exec.CodeExitError of
// k8s.io/client-go/util/exec.
func (r Run) Do(ctx context.Context, config *rest.Config, kube kubernetes.Interface) error {
	at, targets, err := r.choose()
	if err != nil {
		return err
	}
	tlsFlags, err := r.tlsFlags(ctx, kube, at)
	if err != nil {
		return err
	}
	targets, err = r.ofOneCluster(ctx, at, targets, tlsFlags, func(ctx context.Context, e connect.Exec) error { return e.Run(ctx, config, kube) })
	if err != nil {
		return err
	}
	e := connect.Exec{
		Namespace: r.Cluster.Namespace, Pod: at.PodName, Container: at.Server.Container,
		Command: slices.Concat([]string{"etcdctl"}, r.endpointFlags(at, targets), tlsFlags, r.Args),
	}
	output, err := onTerminal(&e, r.Streams, func() error { return e.Run(ctx, config, kube) })
	if ctx.Err() != nil {
		// The API server closes the streams, but no container runtime ends the process for that.
		r.Note("etcdctl may still run in pod %s/%s: it cannot be stopped from outside (\"kubectl etcd proxy -- etcdctl …\" runs it on this machine)",
			e.Namespace, e.Pod)
	}
	if ended := (exec.CodeExitError{}); errors.As(err, &ended) && ctx.Err() == nil {
		r.hint(ctx, kube, at, output)
	}
	return r.problem(at, err)
}

func (r Run) problem(at cluster.Member, err error) error {
	switch {
	case errors.Is(err, connect.ErrNoProgram):
		return fmt.Errorf("container %q of pod %s/%s: the image %q has no etcdctl (run your own with \"kubectl etcd proxy -- etcdctl …\")",
			at.Server.Container, r.Cluster.Namespace, at.PodName, at.Server.Image)
	case apierrors.IsForbidden(err):
		return fmt.Errorf("%w (ask for that right; \"kubectl etcd proxy -- etcdctl …\" needs pods/portforward instead)", err)
	}
	return err
}

// choose returns the member in whose pod etcdctl runs, and the members that are its endpoints.
func (r Run) choose() (at cluster.Member, targets []cluster.Member, err error) {
	if r.Member != "" {
		at, err = r.namedMember()
		return at, []cluster.Member{at}, err
	}
	targets = r.Cluster.Serving()
	if len(targets) == 0 {
		return at, nil, r.Cluster.NoRunningMemberError()
	}
	if left := names(r.Cluster.Members, targets); len(left) > 0 {
		r.Note("not Ready, and so not asked: %s", strings.Join(left, ", "))
	}
	return targets[0], targets, nil
}

// namedMember returns the member that the user named. It may be not Ready: that may be what the user examines.
func (r Run) namedMember() (cluster.Member, error) {
	m, ok := r.Cluster.Member(r.Member)
	if !ok {
		return m, fmt.Errorf("etcd cluster %s/%s has no member %q (see %q)", r.Cluster.Namespace, r.Cluster.Name, r.Member, r.Cluster.Command("members"))
	}
	if trouble := m.PodProblem(); trouble != "" {
		return m, fmt.Errorf("pod %q of member %q does not run: %s (without --member, another member is used)", m.PodName, m.Name, trouble)
	}
	return m, nil
}

// names returns the names of all members except those in but.
func names(all, but []cluster.Member) []string {
	var names []string
	for _, m := range all {
		if !slices.ContainsFunc(but, func(b cluster.Member) bool { return b.PodName == m.PodName }) {
			names = append(names, m.Name)
		}
	}
	return names
}
