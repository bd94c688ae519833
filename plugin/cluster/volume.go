package cluster

import (
	"fmt"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Volatile says what a member's data is on where it goes when the pod goes, or "" where it stays or cannot be told.
func (m Member) Volatile() string {
	if m.Pod == nil || !path.IsAbs(m.Server.DataDir) {
		return "" // a relative path is under a directory that the image knows
	}
	var mounted, at string
	for _, c := range m.Pod.Spec.Containers {
		if c.Name != m.Server.Container {
			continue
		}
		for _, mount := range c.VolumeMounts {
			dir := path.Clean(mount.MountPath)
			under := dir == "/" || m.Server.DataDir == dir || strings.HasPrefix(m.Server.DataDir, dir+"/")
			if under && len(dir) > len(at) {
				mounted, at = mount.Name, dir
			}
		}
	}
	if mounted == "" {
		return "no volume"
	}
	for _, v := range m.Pod.Spec.Volumes {
		if v.Name == mounted && scratch(v) {
			return fmt.Sprintf("the volume %q, which lives as long as the pod", v.Name)
		}
	}
	return ""
}

func scratch(v corev1.Volume) bool { return v.EmptyDir != nil || v.Ephemeral != nil }
