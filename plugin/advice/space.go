package advice

import (
	"fmt"
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster"
)

// diskFull reports whether a member's etcd ended because its disk is full. The text is that of ENOSPC.
func diskFull(member cluster.Member) bool {
	return strings.Contains(failureText(member), "no space left on device")
}

// moreSpace returns the steps that make room for the data of a member whose disk is full.
func (v view) moreSpace(member cluster.Member) []string {
	volume, err := member.DataVolume()
	switch {
	case err == nil && volume != nil && volume.PersistentVolumeClaim != nil && member.VolumeBytes > 0:
		return []string{
			"its volume is full; expand it, if its StorageClass allows that:",
			v.Kubectl("patch persistentvolumeclaim "+volume.PersistentVolumeClaim.ClaimName) + fmt.Sprintf(` -p '{"spec":{"resources":{"requests":{"storage":"%s"}}}}'`, Quantity(2*member.VolumeBytes)),
		}
	case err == nil && volume != nil && volume.EmptyDir != nil && volume.EmptyDir.SizeLimit != nil:
		return []string{
			fmt.Sprintf("its volume %q is full (its limit is %s); a higher limit needs a new pod, and the data is deleted with the old one: first save the data on node %q:", volume.Name, volume.EmptyDir.SizeLimit, member.Node()),
			v.Kubectl("describe pod " + member.PodName),
		}
	}
	return []string{fmt.Sprintf("no space is left for its data: free space on node %q, or expand the volume:", member.Node()), v.Kubectl("describe pod " + member.PodName)}
}
