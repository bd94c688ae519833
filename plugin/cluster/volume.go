package cluster

import (
	"errors"
	"fmt"
	"path"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/settings"
)

// DataVolume returns the volume that a member keeps its data in, or nil where that is in none and ends with the
// container. It fails where it cannot be told: a relative path is under a directory that only the image knows.
func (m Member) DataVolume() (*corev1.Volume, error) {
	if m.Pod == nil || !path.IsAbs(m.Server.DataDir) {
		return nil, errors.New("where the member keeps its data cannot be told from its pod")
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

// Volatile returns the members whose data goes with their pods, and what the last of them has it on.
func (c *Cluster) Volatile() (members []string, on string) {
	for _, m := range c.Members {
		if volume := m.Volatile(); volume != "" {
			members, on = append(members, m.Name), volume
		}
	}
	return members, on
}

// UpWithVolumes is what to type to bring up a cluster beside this one whose data stays.
func (c *Cluster) UpWithVolumes() string { return c.Kubectl("etcd up " + c.Name + "-stored") }

// Volatile says what a member's data is on where it goes when the pod goes, or "" where it stays or cannot be told.
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
