package doctor

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/advice"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// volumes judges what the members' data is stored on.
func volumes(e *evidence) []finding {
	found := e.fromStatus(report.Fail, withReason(advice.VolatileData, advice.ClaimDeleted))
	for _, m := range e.members {
		switch {
		case m.kubeMember.Pod == nil:
			found = append(found, evidenceMissing(noPod).of(m.Name))
		case m.kubeMember.Volatile() != "", m.kubeMember.ClaimGoing != "":
		case m.data.missing != "":
			found = append(found, evidenceMissing(m.data.missing).of(m.Name))
		default:
			found = append(found, e.dataOf(m.data.value).of(m.Name))
		}
	}
	if why := e.cluster.Surroundings.Why(cluster.IncompleteClaims); why != "" { // then it is unknown whether a claim is being deleted
		found = append(found, evidenceMissing(why))
	}
	return append(found, e.retention()...)
}

// dataOf judges what one member's data is stored on.
func (e *evidence) dataOf(d data) finding {
	switch host := d.volume.HostPath; {
	case host != nil && e.cluster.Owner.Kind == cluster.OwnerNode:
		return pass("%s on the node", host.Path)
	case host != nil:
		return bad(report.Caution, host.Path+" on the node", explanation{
			"the data stays on the node: a pod that starts on another node has no data",
			"give each member a volume claim (volumeClaimTemplates)",
		})
	case d.claim == nil:
		return pass("volume %q", d.volume.Name)
	}
	return e.claimOf(d)
}

func (e *evidence) claimOf(d data) finding {
	switch {
	case d.disk.missing != "":
		f := evidenceMissing(d.disk.missing)
		f.Figure = "claim " + d.claim.Name
		return f
	case d.disk.value.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete:
		return bad(report.Caution, "PersistentVolume "+d.disk.value.Name, explanation{
			"deleting the claim or the namespace deletes the data at once (reclaim policy Delete)",
			e.cluster.KubectlEverywhere("patch pv "+d.disk.value.Name) + ` -p '{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}'`,
		})
	}
	return pass("claim %s, %s, %s", d.claim.Name, d.claim.Status.Capacity.Storage(), d.disk.value.Spec.PersistentVolumeReclaimPolicy)
}

// retention judges whether the StatefulSet deletes claims by itself.
func (e *evidence) retention() []finding {
	if e.cluster.StatefulSet == nil || e.cluster.StatefulSet.Spec.PersistentVolumeClaimRetentionPolicy == nil {
		return nil
	}
	p := e.cluster.StatefulSet.Spec.PersistentVolumeClaimRetentionPolicy
	if p.WhenDeleted != appsv1.DeletePersistentVolumeClaimRetentionPolicyType && p.WhenScaled != appsv1.DeletePersistentVolumeClaimRetentionPolicyType {
		return nil
	}
	return []finding{bad(report.Caution, fmt.Sprintf("whenDeleted %s, whenScaled %s", p.WhenDeleted, p.WhenScaled), explanation{
		"the StatefulSet deletes volume claims by itself",
		e.patchSet(`"persistentVolumeClaimRetentionPolicy":{"whenDeleted":"Retain","whenScaled":"Retain"}`),
	})}
}
