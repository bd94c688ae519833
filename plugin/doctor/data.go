package doctor

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// data is where a member keeps its data.
type data struct {
	volume *corev1.Volume                // nil if the data is on none
	claim  *corev1.PersistentVolumeClaim // nil if the volume is not a claim
	disk   observed[*corev1.PersistentVolume]
}

// data returns a member's volume, its PersistentVolumeClaim and the PersistentVolume behind that. PersistentVolumes are
// cluster-scoped: a user with rights in one namespace often may not get them.
func (g gatherer) data(ctx context.Context, m cluster.Member) (data, error) {
	ctx, cancel := context.WithTimeout(ctx, g.limit)
	defer cancel()
	volume, err := m.DataVolume()
	if err != nil || volume == nil || volume.PersistentVolumeClaim == nil {
		return data{volume: volume}, err
	}
	claim, err := g.kube.CoreV1().PersistentVolumeClaims(m.Pod.Namespace).Get(ctx, volume.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
	if apierrors.IsForbidden(err) {
		err = errors.New("the volume claim (forbidden: this needs get of persistentvolumeclaims)")
	}
	if err != nil {
		return data{}, err
	}
	return data{volume: volume, claim: claim, disk: observe(g.disk(ctx, claim))}, nil
}

func (g gatherer) disk(ctx context.Context, claim *corev1.PersistentVolumeClaim) (*corev1.PersistentVolume, error) {
	if claim.Spec.VolumeName == "" {
		return nil, fmt.Errorf("claim %q is not bound to a PersistentVolume yet", claim.Name)
	}
	disk, err := g.kube.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
	if apierrors.IsForbidden(err) {
		err = errors.New("the PersistentVolume (forbidden: this needs get of persistentvolumes, which are cluster-scoped)")
	}
	return disk, err
}
