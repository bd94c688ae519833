package fault

import (
	"context"
	"fmt"
	"time"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/drill/history"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/etcd"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// moveLeader has the leader transfer its leadership.
func moveLeader() Fault {
	return Fault{
		Name: "move-leader", About: "move the leadership to a follower: no pod is restarted",
		Struck: "the leadership was moved from the leader {}",
		Expect: history.Expectation{NewLeader: true},
		Aim: func(s report.Status) ([]string, string, error) {
			if len(s.Voters()) < 2 {
				return nil, "", fmt.Errorf("etcd cluster %s/%s has no other voter for the leadership (this drill needs at least 2 voters)", s.Namespace, s.Cluster)
			}
			return []string{s.Leader}, fmt.Sprintf("move the leadership from %s in etcd cluster %s/%s", s.Leader, s.Namespace, s.Cluster), nil
		},
		Check: func(context.Context, *Scene) error { return nil },
		Do: func(ctx context.Context, s *Scene) error {
			to, err := etcd.MoveLeader(ctx, s.View.Members, s.View.Status, "")
			if err == nil {
				s.Event("moved the leadership from %s to %s", s.Targets[0], to)
			}
			return err
		},
	}
}

// observe injects nothing: the drill judges what another tool or a person does meanwhile.
func observe() Fault {
	return Fault{
		Name: "observe", About: "no fault: judge while a node upgrade, a chaos tool or a person changes the cluster (see --for)", For: 10 * time.Minute, Lasts: true,
		Struck: "the drill injected no fault",
		Aim: func(s report.Status) ([]string, string, error) {
			return []string{}, fmt.Sprintf("write to etcd cluster %s/%s and watch it, without a fault", s.Namespace, s.Cluster), nil
		},
		Check: func(context.Context, *Scene) error { return nil },
		Do: func(ctx context.Context, s *Scene) error {
			s.Event("observing for %s", s.For)
			if err := Pause(ctx, s.For); err != nil {
				return err
			}
			s.Event("the observation has ended")
			return nil
		},
	}
}
