package lifecycle

import (
	"context"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	k8stesting "k8s.io/client-go/testing"
)

// TestAnInterruptIsNoFinding ends the command once the cluster is found, before the members are asked: that none answers
// is no news of them.
func TestAnInterruptIsNoFinding(t *testing.T) {
	for name, run := range map[string]func(ctx context.Context, env Env) error{
		"move-leader": func(ctx context.Context, env Env) error { _, err := env.MoveLeader(ctx, ""); return err },
		"seal":        func(ctx context.Context, env Env) error { _, err := env.Seal(ctx); return err },
		"replace": func(ctx context.Context, env Env) error {
			_, err := (&replacement{Env: env, member: "etcd-0"}).check(ctx)
			return err
		},
	} {
		set, pod := pendingCluster("etcd")
		env, kube := watchEnv(set, pod)
		env.Target.Name = "etcd"
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		kube.PrependReactor("get", "leases", func(k8stesting.Action) (bool, runtime.Object, error) {
			cancel()
			return false, nil, nil
		})
		if err := run(ctx, env); err != context.Canceled { //nolint:errorlint // with words of its own it says more than that
			t.Errorf("%s: %v, want that it was interrupted", name, err)
		}
	}
}
