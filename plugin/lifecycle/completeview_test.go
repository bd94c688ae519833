package lifecycle_test

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	k8stesting "k8s.io/client-go/testing"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/bringup"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/replace"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/lifecycle/roll"
)

// TestAnInterruptIsNoFinding cancels the context after the cluster is found and before the members are asked. The error must be
// that, and not that no member answers.
func TestAnInterruptIsNoFinding(t *testing.T) {
	for name, run := range map[string]func(ctx context.Context, env lifecycle.Env) error{
		"move-leader": func(ctx context.Context, env lifecycle.Env) error {
			_, err := roll.MoveLeader(ctx, env, "")
			return err
		},
		"seal": func(ctx context.Context, env lifecycle.Env) error { _, err := bringup.Seal(ctx, env); return err },
		"replace": func(ctx context.Context, env lifecycle.Env) error {
			_, err := replace.Member(ctx, env, "etcd-0", false)
			return err
		},
	} {
		set, pod := lifecycle.PendingCluster("etcd")
		env, kube := lifecycle.WatchEnv(set, pod)
		env.Target.Name = "etcd"
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		kube.PrependReactor("get", "leases", func(k8stesting.Action) (bool, runtime.Object, error) {
			cancel()
			return false, nil, nil
		})
		if err := run(ctx, env); err != context.Canceled { //nolint:errorlint // a wrapped one would have a finding in its text
			t.Errorf("%s: %v, want that it was interrupted", name, err)
		}
	}
}
