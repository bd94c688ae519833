package doctor

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// TestRemedies compares the remedies that are commands word for word: users paste them.
func TestRemedies(t *testing.T) {
	set := func(change func(*appsv1.StatefulSetSpec)) func(*evidence) {
		return func(e *evidence) { change(&e.cluster.StatefulSet.Spec) }
	}
	rolling := set(func(s *appsv1.StatefulSetSpec) { s.UpdateStrategy.Type = appsv1.RollingUpdateStatefulSetStrategyType })
	full := func(e *evidence) {
		for i := range e.members[:2] {
			e.members[i].QuotaBytes = 6 << 30
		}
	}
	differs := func(e *evidence) { e.hashes[2].Hash = "beef" }
	const (
		grow = `expand the volumes, if their StorageClass allows it:
kubectl patch persistentvolumeclaim data-etcd-0 data-etcd-1 -n ns --type=merge -p '{"spec":{"resources":{"requests":{"storage":"12Gi"}}}}'`
		save = `stop the clients that write, and save a snapshot of each member:
kubectl etcd proxy --member etcd-2 --etcd etcd -n ns -- etcdctl snapshot save etcd-2.db
kubectl etcd proxy --member etcd-0 --etcd etcd -n ns -- etcdctl snapshot save etcd-0.db
kubectl etcd proxy --member etcd-1 --etcd etcd -n ns -- etcdctl snapshot save etcd-1.db
`
		after = "\nthen, after each change of the template, delete the pods one at a time, each when all members are healthy, the leader's last"
	)
	for name, c := range map[string]struct {
		check  string
		change func(*evidence)
		want   string
	}{
		"a quota that fills its volumes": {"disk-room", full, grow + `
or lower the quota, which restarts the members, one at a time:
kubectl etcd up --quota 4Gi --etcd etcd -n ns`},
		"a quota of others": {"disk-room", func(e *evidence) { full(e); e.cluster.SealConfig = "" }, grow + `
or lower --quota-backend-bytes to 4294967296 (4.0 GiB) in the configuration of the members`},
		"a database that a smaller quota would not hold": {"disk-room", func(e *evidence) { full(e); e.members[2].DBSizeBytes = 4 << 30 }, grow},
		"one that differs": {"hash", differs, save + `then give the members that differ the data of the majority:
kubectl etcd replace etcd-2 --force --etcd etcd -n ns`},
		"all differ": {"hash", func(e *evidence) { differs(e); e.hashes[1].Hash = "dead" }, `stop the clients that write, and save a snapshot of each member:
kubectl etcd proxy --member etcd-2 --etcd etcd -n ns -- etcdctl snapshot save etcd-2.db
kubectl etcd proxy --member etcd-0 --etcd etcd -n ns -- etcdctl snapshot save etcd-0.db
kubectl etcd proxy --member etcd-1 --etcd etcd -n ns -- etcdctl snapshot save etcd-1.db
the correct data cannot be determined here: compare the keys of the snapshots, and restore the cluster from the correct one (https://etcd.io/docs/latest/op-guide/data_corruption/)`},
		"a rollout that knows no roles": {
			"updates", rolling,
			`kubectl patch statefulset etcd -n ns --type=merge -p '{"spec":{"updateStrategy":{"type":"OnDelete","rollingUpdate":null}}}'` + after,
		},
		"a rollout of an operator's": {
			"updates", func(e *evidence) { rolling(e); e.cluster.Owner = cluster.Owner{Kind: "EtcdCluster", Name: "kv"} },
			`configure EtcdCluster/kv to create its StatefulSet with "updateStrategy":{"type":"OnDelete","rollingUpdate":null}` + after,
		},
		"claims that go": {"volumes", set(func(s *appsv1.StatefulSetSpec) {
			s.PersistentVolumeClaimRetentionPolicy.WhenScaled = appsv1.DeletePersistentVolumeClaimRetentionPolicyType
		}), `kubectl patch statefulset etcd -n ns --type=merge -p '{"spec":{"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain","whenScaled":"Retain"}}}'`},
		"pods one after the other": {
			"parallel-start", set(func(s *appsv1.StatefulSetSpec) { s.PodManagementPolicy = appsv1.OrderedReadyPodManagement }),
			`podManagementPolicy cannot be changed in place: change it in the manifest of the StatefulSet, and replace the StatefulSet without deleting its pods:
kubectl get statefulset etcd -n ns -o json >etcd.json
kubectl patch --local -f etcd.json --type=merge -p '{"spec":{"podManagementPolicy":"Parallel"}}' -o json | kubectl replace --force --cascade=orphan -f -`,
		},
		"members that hide": {"parallel-start", func(e *evidence) {
			for i := range e.cluster.Surroundings.Services {
				e.cluster.Surroundings.Services[i].Spec.PublishNotReadyAddresses = false
			}
		}, `kubectl patch service etcd -n ns --type=merge -p '{"spec":{"publishNotReadyAddresses":true}}'`},
		"a container that could not be started": {"restarts", neverBegan, "kubectl describe pod etcd-0 -n ns"},
	} {
		t.Run(name, func(t *testing.T) {
			e := healthy(t)
			c.change(e)
			var got string
			for _, found := range verdict(e.withWarnings()).Checks {
				if found.Name == c.check && found.Remedy != "" {
					got = found.Remedy
					break
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
