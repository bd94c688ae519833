package settings

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/image"
)

// Runs reports whether a container runs an etcd server, as far as its spec alone tells. What it runs decides, not its
// name or its labels.
func Runs(c corev1.Container) bool {
	started := launches(c)
	if slices.ContainsFunc(started, launch.isEtcd) {
		return true
	}
	return slices.ContainsFunc(started, func(l launch) bool { return mayRun(c, l) })
}

// launches returns what a container starts: one program, or all that its script calls.
func launches(c corev1.Container) []launch {
	l := launchOf(c, c.Command, c.Args)
	if !l.inline {
		return []launch{l}
	}
	return staticCalls(c, l)
}

// launchOf returns what a container starts with these words. Arguments alone are those of the image's own program; in an
// etcd image, which has no other entry point than etcd or a script that runs what it is given, they may name another.
func launchOf(c corev1.Container, command, args []string) launch {
	if len(command) > 0 {
		return newLaunch(slices.Concat(command, args))
	}
	l := newLaunch(args)
	named := l.inline || path.Base(l.program) == "etcd" || imageName(c.Image) == "etcd" && !strings.HasPrefix(l.program, "-")
	if named && !isOther(l.program) {
		return l
	}
	return launch{args: args}
}

// mayRun judges a program that cannot be looked into, "" for the one that the image brings: by the image's name, the
// ports and the variables that only a server has.
func mayRun(c corev1.Container, l launch) bool {
	image, name := imageName(c.Image), path.Base(l.program)
	switch {
	case isTool(image) || len(l.args) > 0 && isOther(l.args[0]):
		return false
	case image == "etcd" && !isTool(name) && isServed(l.args): // a program that is misspelt, say
		return true
	case l.program == "" && image == "etcd" || has(c, "ETCD_LISTEN_CLIENT_URLS", "ETCD_ADVERTISE_CLIENT_URLS"):
		return l.program == "" || mayStartEtcd(name)
	case l.program != "" && !mayStartEtcd(name):
		return false
	case strings.Contains(image, "etcd") || strings.HasPrefix(name, "etcd"):
		// An image's etcd brings scripts for other things as well: Bitnami's snapshot.sh, say.
		return serves(c) || image == "etcd" && isStart(name)
	}
	return false
}

// isServed reports whether arguments are those of a server.
func isServed(args []string) bool {
	flags, _ := parseArgs(args)
	for _, flag := range []string{"listen-client-urls", "advertise-client-urls", "initial-cluster", "initial-advertise-peer-urls"} {
		if flags[flag] != "" {
			return true
		}
	}
	return false
}

// mayStartEtcd reports whether a program that is not etcd may start it: a script, or something called after etcd
// that is not one of its tools.
func mayStartEtcd(name string) bool {
	return !isTool(name) && (strings.HasSuffix(name, ".sh") || strings.HasPrefix(name, "etcd") || isStart(name))
}

// isTool reports whether a program or an image is named after something else that is done with etcd.
func isTool(name string) bool {
	for _, tool := range []string{"ctl", "utl", "defrag", "backup", "snapshot", "restore", "proxy", "gateway", "operator"} {
		if strings.Contains(name, tool) {
			return true
		}
	}
	return false
}

// isOther reports whether the first argument of etcd makes it another program than a server: the two are in the same
// binary (server/etcdmain/main.go, Main).
func isOther(arg string) bool { return arg == "gateway" || arg == "grpc-proxy" }

func isStart(name string) bool {
	return strings.Contains(name, "start") || strings.Contains(name, "run") || strings.Contains(name, "entrypoint")
}

// serves reports whether a container shows that it is a member: etcd's ports, or what only a member is told.
func serves(c corev1.Container) bool {
	for _, p := range c.Ports {
		if p.ContainerPort == 2379 || p.ContainerPort == 2380 {
			return true
		}
	}
	return has(c, "ETCD_NAME", "ETCD_DATA_DIR", "ETCD_INITIAL_CLUSTER", "ETCD_LISTEN_CLIENT_URLS", "ETCD_ADVERTISE_CLIENT_URLS")
}

func has(c corev1.Container, names ...string) bool {
	for _, e := range c.Env {
		for _, name := range names {
			if e.Name == name {
				return true
			}
		}
	}
	return false
}

// imageName returns the last part of an image's repository: etcd for gcr.io/etcd-development/etcd:v3.7.3.
func imageName(reference string) string {
	repository, _, _ := image.Split(reference)
	return path.Base(repository)
}
