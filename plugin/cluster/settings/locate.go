package settings

import (
	"fmt"
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Kind is the kind of source that a file in a container comes from.
type Kind string

// The kinds of sources. The content of the first three can be read from outside the container. Other is a volume that
// only the container can read. None is a file of the image.
const (
	Secret    Kind = "Secret"
	ConfigMap Kind = "ConfigMap"
	HostPath  Kind = "HostPath"
	Other     Kind = "Other"
	None      Kind = "None"
)

// Location is the source of a path in a container.
type Location struct {
	Kind Kind
	Name string // of the Secret or ConfigMap
	Key  string // in the Secret or ConfigMap; "" if the path is the directory with all its keys
	Path string // on the host
	Text string // for messages: key "tls.crt" of secret "etcd-certs"

	// Also are further sources of a projected volume that may have the file. A source without items may have any key:
	// if the first one lacks Key, one of these has it.
	Also []Location
}

// Locate returns the source of a path in a container: a volume's, or the image if no volume is mounted there.
func Locate(spec corev1.PodSpec, c corev1.Container, file string) Location {
	mount, rest, ok := mountOf(c, file)
	if !ok {
		return Location{Kind: None, Text: fmt.Sprintf("%s in the image", file)}
	}
	if v, ok := volume(spec, mount.Name); ok {
		return locateIn(v, path.Join(subPath(c, mount), rest))
	}
	return other(fmt.Sprintf("volume %q", mount.Name)) // from a volumeClaimTemplate, if the spec is a StatefulSet's
}

// PathOf is the inverse of Locate. It returns the path of a Secret's key in a container, or "" if the key is not mounted.
func PathOf(spec corev1.PodSpec, c corev1.Container, secret, key string) string {
	for _, m := range c.VolumeMounts {
		v, _ := volume(spec, m.Name)
		for _, within := range filesOf(v, secret, key) {
			file, below := strings.CutPrefix("/"+within, path.Join("/", subPath(c, m)))
			at := path.Join(m.MountPath, file)
			if below && Locate(spec, c, at).mayBe(secret, key) { // no other mount covers it
				return at
			}
		}
	}
	return ""
}

// filesOf returns the paths of a Secret's key in a volume. It does not check whether another source of the volume
// overwrites them.
func filesOf(v corev1.Volume, secret, key string) []string {
	if v.Secret != nil && v.Secret.SecretName == secret {
		return pathsOf(v.Secret.Items, key)
	}
	var found []string
	if v.Projected != nil {
		for _, s := range v.Projected.Sources {
			if s.Secret != nil && s.Secret.Name == secret {
				found = append(found, pathsOf(s.Secret.Items, key)...)
			}
		}
	}
	return found
}

// pathsOf is the inverse of keyOf.
func pathsOf(items []corev1.KeyToPath, key string) []string {
	if len(items) == 0 {
		return []string{key}
	}
	var found []string
	for _, item := range items {
		if item.Key == key {
			found = append(found, path.Clean(item.Path))
		}
	}
	return found
}

// mayBe reports whether this key of this Secret is, or may be, the source.
func (l Location) mayBe(secret, key string) bool {
	return slices.ContainsFunc(append([]Location{l}, l.Also...), func(l Location) bool {
		return l.Kind == Secret && l.Name == secret && l.Key == key
	})
}

// Volume returns the volume that holds a path in a container. It returns false if the path is in no volume: data
// written there is lost with the container.
func Volume(spec corev1.PodSpec, c corev1.Container, file string) (corev1.Volume, bool) {
	mount, _, ok := mountOf(c, file)
	if !ok {
		return corev1.Volume{}, false
	}
	return volume(spec, mount.Name)
}

func volume(spec corev1.PodSpec, name string) (corev1.Volume, bool) {
	for _, v := range spec.Volumes {
		if v.Name == name {
			return v, true
		}
	}
	return corev1.Volume{}, false
}

// mountOf returns the mount with the longest path that contains file, and the rest of the path.
func mountOf(c corev1.Container, file string) (found corev1.VolumeMount, rest string, ok bool) {
	file = path.Clean(file)
	longest := -1
	for _, m := range c.VolumeMounts {
		at := path.Clean(m.MountPath)
		left, under := strings.CutPrefix(file, strings.TrimSuffix(at, "/"))
		if under && (left == "" || left[0] == '/') && len(at) > longest {
			found, rest, ok, longest = m, strings.TrimPrefix(left, "/"), true, len(at)
		}
	}
	return found, rest, ok
}

// subPath returns the path within the volume that is mounted. It expands subPathExpr with the variables whose values
// stand in the spec.
func subPath(c corev1.Container, m corev1.VolumeMount) string {
	if m.SubPathExpr == "" {
		return m.SubPath
	}
	env := map[string]string{}
	for _, e := range c.Env {
		if e.ValueFrom == nil {
			env[e.Name] = e.Value
		}
	}
	return references(m.SubPathExpr, func(name string) string {
		if value, ok := env[name]; ok {
			return value
		}
		return "$(" + name + ")"
	})
}

func locateIn(v corev1.Volume, within string) Location {
	switch {
	case v.Secret != nil:
		return locateKey(Secret, v.Secret.SecretName, v.Secret.Items, within)
	case v.ConfigMap != nil:
		return locateKey(ConfigMap, v.ConfigMap.Name, v.ConfigMap.Items, within)
	case v.HostPath != nil:
		at := path.Join(v.HostPath.Path, within)
		return Location{Kind: HostPath, Path: at, Text: fmt.Sprintf("%s on the node", at)}
	case v.Projected != nil:
		return locateProjected(v, within)
	case v.EmptyDir != nil:
		return other(fmt.Sprintf("volume %q, which is empty at first (an emptyDir)", v.Name))
	case v.PersistentVolumeClaim != nil:
		return other(fmt.Sprintf("volume claim %q", v.PersistentVolumeClaim.ClaimName))
	case v.CSI != nil:
		return other(fmt.Sprintf("volume %q of the CSI driver %q", v.Name, v.CSI.Driver))
	}
	return other(fmt.Sprintf("volume %q", v.Name))
}

func other(text string) Location { return Location{Kind: Other, Text: text} }

// locateKey returns the key of a Secret or ConfigMap that a file in its volume has the content of. If the volume has
// items, only the files that they name exist.
func locateKey(kind Kind, name string, items []corev1.KeyToPath, file string) Location {
	key, ok := keyOf(items, file)
	if !ok {
		return Location{Kind: None, Text: fmt.Sprintf("nothing: the volume's items have no %q", file)}
	}
	l := Location{Kind: kind, Name: name, Key: key, Text: fmt.Sprintf("%s %q", strings.ToLower(string(kind)), name)}
	if key != "" {
		l.Text = fmt.Sprintf("key %q of %s", key, l.Text)
	}
	return l
}

// keyOf returns the key whose content a file of a volume has, or "" for the volume's root directory. ok is false if there
// is no such file.
func keyOf(items []corev1.KeyToPath, file string) (key string, ok bool) {
	file = strings.TrimPrefix(file, "..data/") // the kubelet's link to the current content
	if file == "" || file == "." {
		return "", true
	}
	if len(items) == 0 {
		return file, !strings.Contains(file, "/")
	}
	for _, item := range items {
		if path.Clean(item.Path) == file {
			return item.Key, true
		}
	}
	return "", false
}

// locateProjected goes from the last source to the first, because a later one overwrites an earlier one
// (pkg/volume/projected, collectData). A source that names the file wins over one that may have it.
func locateProjected(v corev1.Volume, file string) Location {
	var named, maybe []Location
	for i := len(v.Projected.Sources) - 1; i >= 0; i-- {
		l, sure := locateSource(v.Projected.Sources[i], file)
		switch {
		case l.Kind == None:
		case sure:
			named = append(named, l)
		default:
			maybe = append(maybe, l)
		}
	}
	all := slices.Concat(named, maybe)
	if len(all) == 0 {
		return Location{Kind: None, Text: fmt.Sprintf("nothing: no source of volume %q has %q", v.Name, file)}
	}
	first := all[0]
	first.Also = all[1:]
	return first
}

// locateSource returns the location of a file in one source. sure reports that the source names the file.
func locateSource(s corev1.VolumeProjection, file string) (l Location, sure bool) {
	switch {
	case s.Secret != nil:
		return locateKey(Secret, s.Secret.Name, s.Secret.Items, file), len(s.Secret.Items) > 0
	case s.ConfigMap != nil:
		return locateKey(ConfigMap, s.ConfigMap.Name, s.ConfigMap.Items, file), len(s.ConfigMap.Items) > 0
	case s.ServiceAccountToken != nil && s.ServiceAccountToken.Path == file:
		return other("a service account token"), true
	case s.ClusterTrustBundle != nil && s.ClusterTrustBundle.Path == file:
		return other("a cluster trust bundle"), true
	}
	return Location{Kind: None}, false
}
