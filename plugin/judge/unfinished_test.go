package judge

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// rolling returns a cluster with operation o in which one of two pods has an earlier template.
func rolling(o cluster.Operation) cluster.Cluster {
	c := members(2)
	c.SealConfig, c.Seal, c.Operation = "etcd-seal", cluster.Seal{State: cluster.SealClosed}, o
	c.StatefulSet.Status.UpdateRevision = "new"
	for i, revision := range []string{"new", "old"} {
		c.Members[i].Name = fmt.Sprintf("etcd-%d", i)
		c.Members[i].Pod.Labels[appsv1.ControllerRevisionHashLabelKey] = revision
	}
	return *c
}

func TestUnfinished(t *testing.T) {
	voters := []report.Member{{Name: "etcd-0", Role: report.Leader}, {Name: "etcd-1", Role: report.Follower}}
	learner := slices.Concat(voters, []report.Member{{Name: "etcd-2", Role: report.Learner, Healthy: true}})
	for name, c := range map[string]struct {
		cluster cluster.Cluster
		members []report.Member
		phase   report.RotationPhase
		want    []string
	}{
		"sealed":                    {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealClosed}}, voters, "", nil},
		"other deployment":          {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealNone}}, voters, "", nil},
		"learner, other deployment": {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealNone}}, learner, "", []string{`member "etcd-2" is a learner`}},
		"never sealed":              {cluster.Cluster{Seal: cluster.Seal{State: cluster.SealEmpty}}, voters, "", []string{"the cluster is not sealed"}},
		"seal deleted": {
			cluster.Cluster{Seal: cluster.Seal{State: cluster.SealMissing}, SealConfig: "etcd-seal"},
			voters, "",
			[]string{`the seal's ConfigMap "etcd-seal" is missing`},
		},
		"replacement interrupted": {
			cluster.Cluster{Seal: cluster.Seal{State: cluster.SealOpen, Admits: "etcd-2"}},
			learner, "",
			[]string{`member "etcd-2" is a learner`, `the seal is open for member "etcd-2"`},
		},
		"CA rotation incomplete": {cluster.Cluster{}, voters, report.RotationTrusted, []string{"the replacement of the CAs is not complete"}},
		"CA rotation in progress": {
			cluster.Cluster{Operation: cluster.Operation{Text: "certs rotate-ca, by a", Step: "certs rotate-ca"}}, voters, report.RotationTrusted, nil,
		},
		"roll incomplete":                      {rolling(cluster.Operation{}), voters, "", []string{"the pods of etcd-1 have an earlier template"}},
		"roll in progress":                     {rolling(cluster.Operation{Text: "up: roll, by a", Step: "up: roll"}), voters, "", nil},
		"operation in progress":                {cluster.Cluster{Operation: cluster.Operation{Text: "up: roll, by a", Step: "up: roll"}}, voters, "", nil},
		"operation abandoned":                  {cluster.Cluster{Operation: cluster.Operation{Text: "up: roll, by a", Step: "up: roll", Abandoned: true}}, voters, "", []string{`operation "up" was abandoned`}},
		"operation with an argument abandoned": {cluster.Cluster{Operation: cluster.Operation{Step: "replace etcd-2: open the seal", Abandoned: true}}, voters, "", []string{`operation "replace etcd-2" was abandoned`}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Unfinished(&c.cluster, report.Status{Members: c.members, RotationPhase: c.phase})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
