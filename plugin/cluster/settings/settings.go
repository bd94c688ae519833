// Package settings reads from a pod's spec whether a container runs etcd, and how that is configured.
package settings

import (
	"context"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Objects hands out what a pod's spec refers to.
type Objects interface {
	ConfigMap(ctx context.Context, name string) (*corev1.ConfigMap, error)
}

// Runs reports whether a container runs an etcd server. What it runs decides, not its name or its labels: the command
// or the first argument is etcd, or the image is called etcd and brings its own command.
func Runs(c corev1.Container) bool {
	words := append(append([]string{}, c.Command...), c.Args...)
	if len(words) > 0 && path.Base(words[0]) == "etcd" {
		return true
	}
	return len(c.Command) == 0 && imageName(c.Image) == "etcd"
}

// imageName returns the last part of an image's repository: etcd for gcr.io/etcd-development/etcd:v3.7.3.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return name
}

// Settings are those of one etcd process.
type Settings struct{ container corev1.Container }

// Read reads the settings of the etcd in a container of a pod.
func Read(_ context.Context, _ *corev1.Pod, c corev1.Container, _ Objects) (Settings, error) {
	return Settings{c}, nil
}

// Get returns the value of an etcd flag, or "".
func (s Settings) Get(name string) string {
	words := append(append([]string{}, s.container.Command...), s.container.Args...)
	for i, w := range words {
		flag, value, joined := strings.Cut(strings.TrimLeft(w, "-"), "=")
		if flag != name || !strings.HasPrefix(w, "-") {
			continue
		}
		if joined {
			return value
		}
		if i+1 < len(words) {
			return words[i+1]
		}
	}
	return s.Env("ETCD_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_")))
}

// Bool returns the value of an etcd flag that is true or false.
func (s Settings) Bool(flag string) bool { return s.Get(flag) == "true" }

// Unknown says what could not be told, and why.
func (s Settings) Unknown() []string { return nil }

// Env returns the value of a variable in the container's environment, or "".
func (s Settings) Env(name string) string {
	for _, e := range s.container.Env {
		if e.Name == name {
			return e.Value
		}
	}
	return ""
}
