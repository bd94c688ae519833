package advice

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// TestRaiseQuota: the quota is doubled, up to what etcd suggests and half of the volume; otherwise the volumes grow first.
func TestRaiseQuota(t *testing.T) {
	const gib = 1 << 30
	patch := func(member, size string) string {
		return `kubectl patch persistentvolumeclaim data-` + member + ` -n shop --type=merge -p '{"spec":{"resources":{"requests":{"storage":"` + size + `"}}}}'`
	}
	for name, c := range map[string]struct {
		quota, volume int64
		others        bool
		want          []string // the commands
		says          string
	}{
		"room for twice":           {quota: 2 * gib, volume: 8 * gib, want: []string{"kubectl etcd up etcd --quota 4Gi -n shop"}},
		"room for more":            {quota: 2 * gib, volume: 7 * gib, want: []string{"kubectl etcd up etcd --quota 3584Mi -n shop"}},
		"a volume that is unknown": {quota: 2 * gib, want: []string{"kubectl etcd up etcd --quota 4Gi -n shop"}},
		"no room": {
			quota: 4 * gib, volume: 8 * gib, says: "expand the volumes, which have 8.0 GiB",
			want: []string{patch("etcd-0", "16Gi"), patch("etcd-1", "16Gi"), patch("etcd-2", "16Gi"), "kubectl etcd up etcd --quota 8Gi -n shop"},
		},
		"up to what etcd suggests": {quota: 6 * gib, volume: 64 * gib, want: []string{"kubectl etcd up etcd --quota 8Gi -n shop"}},
		"what etcd suggests":       {quota: 8 * gib, volume: 64 * gib, says: "the quota is 8.0 GiB, and etcd suggests at most 8 GiB"},
		"very small":               {quota: 2 << 20, volume: 8 * gib, want: []string{"kubectl etcd up etcd --quota 16Mi -n shop"}},
		"of others":                {quota: 2 * gib, volume: 8 * gib, others: true, says: "raise --quota-backend-bytes to 4294967296 (4.0 GiB; "},
	} {
		t.Run(name, func(t *testing.T) {
			s := well(3)
			for i := range s.cluster.Members {
				s.cluster.Members[i].VolumeBytes = c.volume
			}
			if c.others {
				s.otherDeployment()
			}
			var commands []string
			steps := view{Cluster: s.cluster, status: s.status}.raiseQuota(report.Member{QuotaBytes: c.quota})
			for _, step := range steps {
				if command, _, _ := strings.Cut(step, "   #"); strings.HasPrefix(step, "kubectl ") {
					commands = append(commands, command)
				}
			}
			if diff := cmp.Diff(c.want, commands); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(steps[0], c.says) || !strings.Contains(steps[0], "delete some") {
				t.Errorf("it says %q", steps[0])
			}
		})
	}
}

// TestSmallestVolume: the smallest volume limits the quota. If no size is known, the template's request does.
func TestSmallestVolume(t *testing.T) {
	for name, c := range map[string]struct {
		volumes  []int64 // of the members, 0 if it is not known
		template string  // the size that the StatefulSet's template requests
		bare     bool    // without a StatefulSet
		want     int64
	}{
		"the second":                  {volumes: []int64{8, 4, 6}, template: "10", want: 4},
		"the first":                   {volumes: []int64{4, 8, 6}, want: 4},
		"the last is not known":       {volumes: []int64{8, 6, 0}, template: "10", want: 6},
		"only the last is known":      {volumes: []int64{0, 0, 6}, template: "10", want: 6},
		"none is known":               {volumes: []int64{0, 0, 0}, template: "10", want: 10},
		"none is known or requested":  {volumes: []int64{0, 0, 0}, want: 0},
		"of bare pods":                {volumes: []int64{8, 6, 8}, bare: true, want: 6},
		"of bare pods, none is known": {volumes: []int64{0, 0, 0}, bare: true, want: 0},
	} {
		s := well(len(c.volumes))
		for i, bytes := range c.volumes {
			s.cluster.Members[i].VolumeBytes = bytes
		}
		s.cluster.StatefulSet.Spec.VolumeClaimTemplates = nil
		if c.template != "" {
			claim := corev1.PersistentVolumeClaim{}
			claim.Spec.Resources.Requests = corev1.ResourceList{corev1.ResourceStorage: resource.MustParse(c.template)}
			s.cluster.StatefulSet.Spec.VolumeClaimTemplates = []corev1.PersistentVolumeClaim{claim}
		}
		if c.bare {
			s.ownedBy(cluster.OwnerNone, "etcd")
		}
		if got := (view{Cluster: s.cluster, status: s.status}).smallestVolume(); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}
