package judge

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

func TestUnfinished(t *testing.T) {
	voters := []report.Member{{Name: "etcd-0", Role: report.Leader}, {Name: "etcd-1", Role: report.Follower}}
	learner := append(voters[:2:2], report.Member{Name: "etcd-2", Role: report.Learner, Healthy: true})
	for name, c := range map[string]struct {
		cluster cluster.Cluster
		members []report.Member
		want    []string
	}{
		"sealed":               {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealClosed}}, voters, nil},
		"by other means":       {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealNone}}, voters, nil},
		"a learner of others'": {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealNone}}, learner, []string{`member "etcd-2" is a learner`}},
		"never sealed":         {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealEmpty}}, voters, []string{"the cluster is not sealed"}},
		"seal deleted": {
			cluster.Cluster{Seal: cluster.Seal{State: cluster.SealMissing}, SealConfig: "etcd-seal"}, voters,
			[]string{`the seal's ConfigMap "etcd-seal" is missing`},
		},
		"replacement interrupted": {
			cluster.Cluster{Seal: cluster.Seal{State: cluster.SealOpen, Admits: "etcd-2"}}, learner,
			[]string{`member "etcd-2" is a learner`, `the seal is open for member "etcd-2"`},
		},
		"under way":        {cluster.Cluster{Operation: cluster.Operation{Text: "up: roll, by a", Step: "up: roll"}}, voters, nil},
		"killed":           {cluster.Cluster{Operation: cluster.Operation{Text: "up: roll, by a", Step: "up: roll", Abandoned: true}}, voters, []string{`operation "up" was abandoned`}},
		"killed at a name": {cluster.Cluster{Operation: cluster.Operation{Step: "replace etcd-2: open the seal", Abandoned: true}}, voters, []string{`operation "replace etcd-2" was abandoned`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Unfinished(&c.cluster, report.Status{Members: c.members})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
