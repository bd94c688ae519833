// Package etcdctl runs the etcdctl of a member's image in that member's pod.
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

// Run is one run of etcdctl.
type Run struct {
	Cluster *cluster.Cluster
	Member  string   // where to run it, and the only one to ask; "" is a Ready one, and all that are Ready are asked
	Args    []string // what the user gives to etcdctl
	Streams genericiooptions.IOStreams

	// RootPair finds the Secret with the certificate of etcd's user root, or ""; nil finds none.
	RootPair   func(context.Context) string
	SkipVerify bool // do not verify the members' certificates
	Note       func(format string, args ...any)
}

// Do runs it and waits for its end. An exit status other than 0 is an exec.CodeExitError of k8s.io/client-go/util/exec.
func (r Run) Do(ctx context.Context, config *rest.Config, kube kubernetes.Interface) error {
	at, asked, err := r.choose()
	if err != nil {
		return err
	}
	trust, err := r.trust(ctx, kube, at)
	if err != nil {
		return err
	}
	asked, err = r.ofOneCluster(ctx, at, asked, trust, func(ctx context.Context, e connect.Exec) error { return e.Run(ctx, config, kube) })
	if err != nil {
		return err
	}
	e := connect.Exec{
		Namespace: r.Cluster.Namespace, Pod: at.PodName, Container: at.Server.Container,
		Command: slices.Concat([]string{"etcdctl"}, r.addressed(at, asked), trust, r.Args),
	}
	said, err := onTerminal(&e, r.Streams, func() error { return e.Run(ctx, config, kube) })
	if ctx.Err() != nil {
		// The API server ends the streams, and no container runtime takes that for an end of the process.
		r.Note("etcdctl may still run in pod %s/%s: it cannot be ended from outside (\"kubectl etcd proxy -- etcdctl …\" runs it on this side)",
			e.Namespace, e.Pod)
	}
	if ended := (exec.CodeExitError{}); errors.As(err, &ended) && ctx.Err() == nil {
		r.hint(ctx, kube, at, said)
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

// choose returns the member in whose pod etcdctl is run, and those that it is to ask.
func (r Run) choose() (at cluster.Member, asked []cluster.Member, err error) {
	if r.Member != "" {
		at, err = r.named()
		return at, []cluster.Member{at}, err
	}
	asked = r.Cluster.Serving()
	if len(asked) == 0 {
		return at, nil, r.Cluster.NoneRuns()
	}
	if left := names(r.Cluster.Members, asked); len(left) > 0 {
		r.Note("not Ready, and so not asked: %s", strings.Join(left, ", "))
	}
	return asked[0], asked, nil
}

// named returns the member that the user names. That it is not Ready may be why.
func (r Run) named() (cluster.Member, error) {
	m, ok := r.Cluster.Member(r.Member)
	if !ok {
		return m, fmt.Errorf("etcd cluster %s/%s has no member %q (see %q)", r.Cluster.Namespace, r.Cluster.Name, r.Member, r.Cluster.Command("members"))
	}
	if trouble := m.Trouble(); trouble != "" {
		return m, fmt.Errorf("pod %q of member %q does not run: %s (leave --member out, and another one is taken)", m.PodName, m.Name, trouble)
	}
	return m, nil
}

// names returns the names of all members but some.
func names(all, but []cluster.Member) []string {
	var names []string
	for _, m := range all {
		if !slices.ContainsFunc(but, func(b cluster.Member) bool { return b.PodName == m.PodName }) {
			names = append(names, m.Name)
		}
	}
	return names
}
