package advice

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/human"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/judge"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// maxQuota is the largest quota that etcd suggests (server/storage/quota.go, MaxQuotaBytes).
const maxQuota = 8 << 30

// raiseQuota returns the steps if the keys themselves fill the database. They double the quota, up to what etcd suggests and
// to half of the volume, as a defragmentation writes a second copy.
func (v view) raiseQuota(m report.Member) []string {
	const prose = "if the keys themselves take that much, these steps free too little: "
	const again = "delete some keys, and run \"kubectl etcd status\" again for the new revision to compact"
	wanted := max(min(2*m.QuotaBytes, maxQuota), judge.MinQuota)
	volume := v.smallestVolume()
	switch {
	case m.QuotaBytes >= maxQuota:
		return []string{fmt.Sprintf("%sthe quota is %s, and etcd suggests at most 8 GiB: %s", prose, human.Bytes(m.QuotaBytes), again)}
	case !v.ours():
		return []string{fmt.Sprintf("%sraise --quota-backend-bytes to %d (%s; the volume should have twice that, and etcd suggests at most 8 GiB) in the configuration of the members, or %s",
			prose, wanted, human.Bytes(wanted), again)}
	case volume == 0 || volume/2 > m.QuotaBytes:
		if volume > 0 {
			wanted = min(wanted, volume/2)
		}
		return []string{
			fmt.Sprintf("%sraise the quota, here or in the kustomization that the cluster is deployed from, or %s:", prose, again),
			v.upQuota(wanted) + "   # restarts the members, one at a time",
		}
	}
	steps := []string{fmt.Sprintf("%sexpand the volumes, which have %s, if their StorageClass allows it, and then raise the quota; or %s:", prose, human.Bytes(volume), again)}
	for _, pod := range v.Members {
		steps = append(steps, fmt.Sprintf(`%s --type=merge -p '{"spec":{"resources":{"requests":{"storage":"%s"}}}}'`,
			v.Kubectl("patch persistentvolumeclaim "+v.ClaimName(pod.PodName)), Quantity(2*wanted)))
	}
	return append(steps,
		"once \"kubectl get persistentvolumeclaims\" shows that capacity:",
		v.upQuota(wanted)+"   # restarts the members, one at a time")
}

func (v view) upQuota(bytes int64) string {
	return v.Kubectl("etcd up " + v.StatefulSet.Name + " --quota " + Quantity(bytes))
}

// smallestVolume returns the size in bytes of the members' smallest volume, or else the size that the StatefulSet's template
// requests, or 0 if both are unknown.
func (v view) smallestVolume() int64 {
	var least int64
	for _, m := range v.Members {
		if m.VolumeBytes > 0 && (least == 0 || m.VolumeBytes < least) {
			least = m.VolumeBytes
		}
	}
	if v.StatefulSet == nil {
		return least
	}
	if templates := v.StatefulSet.Spec.VolumeClaimTemplates; least == 0 && len(templates) > 0 {
		least = templates[0].Spec.Resources.Requests.Storage().Value()
	}
	return least
}

// Quantity formats a number of bytes as in flags and manifests, such as 4Gi.
func Quantity(bytes int64) string { return resource.NewQuantity(bytes, resource.BinarySI).String() }
