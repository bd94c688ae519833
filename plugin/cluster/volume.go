package cluster

import (
	"errors"
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// DataVolume returns the volume of a member's data, or nil if the data is in the container's own file system and ends
// with it. It returns an error if it cannot find out: a relative path is under the image's working directory.
func (m Member) DataVolume() (*corev1.Volume, error) {
	if m.Pod == nil || !path.IsAbs(m.Server.DataDir) {
		return nil, errors.New("the pod's spec does not show where the member keeps its data")
	}
	c, found := m.Container()
	if !found {
		return nil, fmt.Errorf("pod %q has no container %q", m.PodName, m.Server.Container)
	}
	if v, mounted := settings.Volume(m.Pod.Spec, c, m.Server.DataDir); mounted {
		return &v, nil
	}
	return nil, nil
}

// Volatile returns the names of the members whose data ends with their pods, and where the last of them stores it.
func (c *Cluster) Volatile() (members []string, on string) {
	for _, m := range c.Members {
		if volume := m.Volatile(); volume != "" {
			members, on = append(members, m.Name), volume
		}
	}
	return members, on
}

// UpWithVolumes returns the command that creates another cluster whose data outlives its pods.
func (c *Cluster) UpWithVolumes() string { return c.Kubectl("etcd up " + c.Name + "-stored") }

// Volatile says where a member stores its data if the data ends with the pod, or "" if it outlives the pod or that is
// not known.
func (m Member) Volatile() string {
	v, err := m.DataVolume()
	switch {
	case err != nil:
		return ""
	case v == nil:
		return "no volume"
	case v.EmptyDir != nil, v.Ephemeral != nil:
		return fmt.Sprintf("the volume %q, which lives as long as the pod", v.Name)
	}
	return ""
}
