package settings

import (
	"path"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/cluster/image"
)

// Runs reports whether a container runs an etcd server, judged by its spec. The program that it starts decides, not the
// container's name or labels.
func Runs(c corev1.Container) bool {
	started := launches(c)
	if slices.ContainsFunc(started, launch.isEtcd) {
		return true
	}
	return slices.ContainsFunc(started, func(l launch) bool { return mayRun(c, l) })
}

// launches returns the programs that a container starts: one, or all that its inline script calls.
func launches(c corev1.Container) []launch {
	l := launchOf(c, c.Command, c.Args)
	if !l.inline {
		return []launch{l}
	}
	return staticCalls(c, l)
}

// launchOf returns the program that a container starts with this command and these arguments. Without a command, the
// arguments go to the image's entry point. The entry point of an etcd image is etcd or a script that runs its arguments,
// so the first argument may name another program.
func launchOf(c corev1.Container, command, args []string) launch {
	if len(command) > 0 {
		return newLaunch(slices.Concat(command, args))
	}
	l := newLaunch(args)
	named := l.inline || path.Base(l.program) == "etcd" || imageName(c.Image) == "etcd" && !strings.HasPrefix(l.program, "-")
	if named && !isProxy(l.program) {
		return l
	}
	return launch{args: args}
}

// mayRun reports whether a program whose content is unknown may start etcd; "" is the image's entry point. It judges by
// the image's name and by ports and variables that only a server has.
func mayRun(c corev1.Container, l launch) bool {
	image, name := imageName(c.Image), path.Base(l.program)
	switch {
	case isTool(image) || len(l.args) > 0 && isProxy(l.args[0]):
		return false
	case image == "etcd" && !isTool(name) && isServed(l.args): // for example a misspelt program
		return true
	case l.program == "" && image == "etcd" || hasVariable(c, "ETCD_LISTEN_CLIENT_URLS", "ETCD_ADVERTISE_CLIENT_URLS"):
		return l.program == "" || mayStartEtcd(name)
	case l.program != "" && !mayStartEtcd(name):
		return false
	case strings.Contains(image, "etcd") || strings.HasPrefix(name, "etcd"):
		// An etcd image may have scripts for other tasks, such as Bitnami's snapshot.sh.
		return serves(c) || image == "etcd" && isStart(name)
	}
	return false
}

// isServed reports whether arguments contain a flag that only a server takes.
func isServed(args []string) bool {
	flags, _ := parseArgs(args)
	for _, flag := range []string{"listen-client-urls", "advertise-client-urls", "initial-cluster", "initial-advertise-peer-urls"} {
		if flags[flag] != "" {
			return true
		}
	}
	return false
}

// mayStartEtcd reports whether a program that is not etcd may start it: a script, or a program whose name begins with
// etcd or sounds like a start script, unless it is a tool.
func mayStartEtcd(name string) bool {
	return !isTool(name) && (strings.HasSuffix(name, ".sh") || strings.HasPrefix(name, "etcd") || isStart(name))
}

// isTool reports whether the name of a program or an image is that of a tool for etcd, not of a server.
func isTool(name string) bool {
	for _, tool := range []string{"ctl", "utl", "defrag", "backup", "snapshot", "restore", "proxy", "gateway", "operator"} {
		if strings.Contains(name, tool) {
			return true
		}
	}
	return false
}

// isProxy reports whether etcd's first argument starts a proxy instead of a server: the etcd binary contains both
// (server/etcdmain/main.go, Main).
func isProxy(arg string) bool { return arg == "gateway" || arg == "grpc-proxy" }

func isStart(name string) bool {
	return strings.Contains(name, "start") || strings.Contains(name, "run") || strings.Contains(name, "entrypoint")
}

// serves reports whether a container has etcd's ports, or a variable that only members have.
func serves(c corev1.Container) bool {
	for _, p := range c.Ports {
		if p.ContainerPort == 2379 || p.ContainerPort == 2380 {
			return true
		}
	}
	return hasVariable(c, "ETCD_NAME", "ETCD_DATA_DIR", "ETCD_INITIAL_CLUSTER", "ETCD_LISTEN_CLIENT_URLS", "ETCD_ADVERTISE_CLIENT_URLS")
}

func hasVariable(c corev1.Container, names ...string) bool {
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
