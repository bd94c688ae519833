package cluster

import (
	"net/url"
	"path"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const defaultClientPort = 2379

// etcdContainer returns the container that runs etcd. What it runs decides, not its name or our labels: the
// command or the first argument is etcd, or the image is called etcd and brings its own command.
func etcdContainer(spec corev1.PodSpec) (corev1.Container, bool) {
	for _, c := range spec.Containers {
		words := append(append([]string{}, c.Command...), c.Args...)
		if len(words) > 0 && path.Base(words[0]) == "etcd" {
			return c, true
		}
		if len(c.Command) == 0 && imageName(c.Image) == "etcd" {
			return c, true
		}
	}
	return corev1.Container{}, false
}

// imageName returns the last part of an image's repository: etcd for gcr.io/etcd-development/etcd:v3.7.3.
func imageName(image string) string {
	image, _, _ = strings.Cut(image, "@")
	name, _, _ := strings.Cut(path.Base(image), ":")
	return name
}

// setting returns the value of an etcd setting from the arguments (--name=value, --name value) or from the
// environment (ETCD_NAME), the two places that etcd reads.
func setting(c corev1.Container, name string) string {
	words := append(append([]string{}, c.Command...), c.Args...)
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
	env := "ETCD_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
	for _, e := range c.Env {
		if e.Name == env {
			return e.Value
		}
	}
	return ""
}

// clientURL returns scheme and port of the first URL that the container advertises to, or listens on for, clients.
func clientURL(c corev1.Container) (scheme string, port int) {
	for _, name := range []string{"advertise-client-urls", "listen-client-urls"} {
		first, _, _ := strings.Cut(setting(c, name), ",")
		// $(POD_NAME) and its like are no part of a valid host: only scheme and port are wanted.
		first = strings.NewReplacer("$(", "", ")", "").Replace(first)
		u, err := url.Parse(first)
		if err != nil || u.Scheme == "" {
			continue
		}
		if port, err := strconv.Atoi(u.Port()); err == nil {
			return u.Scheme, port
		}
		return u.Scheme, defaultClientPort
	}
	return "http", defaultClientPort
}
