package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// diskFull reports whether a member's etcd ends because there is no room for its data. Its words are the system's (ENOSPC).
func diskFull(place cluster.Member) bool {
	return strings.Contains(lastWords(place), "no space left on device")
}

// moreSpace makes room for the data of a member that ends without.
func (v view) moreSpace(place cluster.Member) []string {
	volume, err := place.DataVolume()
	switch {
	case err == nil && volume != nil && volume.PersistentVolumeClaim != nil && place.VolumeBytes > 0:
		return []string{
			"its volume is full; make it larger, where its StorageClass allows that:",
			v.Kubectl("patch persistentvolumeclaim "+volume.PersistentVolumeClaim.ClaimName) + fmt.Sprintf(` -p '{"spec":{"resources":{"requests":{"storage":"%s"}}}}'`, Quantity(2*place.VolumeBytes)),
		}
	case err == nil && volume != nil && volume.EmptyDir != nil && volume.EmptyDir.SizeLimit != nil:
		return []string{
			fmt.Sprintf("its volume %q is full, whose limit is %s; a higher one takes a new pod, and the data goes with the old one: save that on node %q first:", volume.Name, volume.EmptyDir.SizeLimit, place.Node()),
			v.Kubectl("describe pod " + place.PodName),
		}
	}
	return []string{fmt.Sprintf("there is no room left for its data: make room on node %q, or enlarge the volume:", place.Node()), v.Kubectl("describe pod " + place.PodName)}
}
