package settings

import "strings"

// parseArgs parses etcd's arguments as Go's flag package does, which etcd uses (server/etcdmain/config.go, newConfig): one
// dash or two, "--x=y" or "--x y", the last one wins, and a boolean flag never takes the next word. In contrast to the
// flag package, a word that is not a flag does not end parsing, because it may stand for an unknown variable. Such words
// are returned as rest.
func parseArgs(args []string) (flags map[string]string, rest []string) {
	flags = map[string]string{}
	for i := 0; i < len(args); i++ {
		word, ok := strings.CutPrefix(args[i], "-")
		if !ok {
			rest = append(rest, args[i])
			continue
		}
		word = strings.TrimPrefix(word, "-")
		name, value, joined := strings.Cut(word, "=")
		switch {
		case args[i] == "--":
			return flags, append(rest, args[i+1:]...)
		case name == "" || strings.HasPrefix(name, "-"): // bad syntax to the flag package too
		case joined:
			flags[name] = value
		case isBool(name):
			flags[name] = "true"
		case i+1 < len(args) && !strings.HasPrefix(args[i+1], "--"):
			// No value of an etcd flag begins with two dashes, so a flag before another flag is a boolean that isBool does not know.
			i++
			flags[name] = args[i]
		default:
			flags[name] = "true"
		}
	}
	return flags, rest
}

// isBool reports whether a flag of etcd 3.4 to 3.7 is boolean (server/embed/config.go, AddFlags; etcdmain/config.go). The
// list has all boolean flags that begin with "experimental-".
func isBool(flag string) bool {
	switch flag {
	case "auto-tls", "client-cert-auth", "peer-auto-tls", "peer-client-cert-auth", "peer-skip-client-san-verification",
		"discovery-insecure-skip-tls-verify", "discovery-insecure-transport", "enable-distributed-tracing",
		"enable-grpc-gateway", "enable-log-rotation", "enable-pprof", "enable-v2", "debug", "force-new-cluster",
		"initial-election-tick-advance", "memory-mlock", "pre-vote", "socket-reuse-address", "socket-reuse-port",
		"strict-reconfig-check", "unsafe-no-fsync", "version",
		"experimental-compact-hash-check-enabled", "experimental-enable-distributed-tracing",
		"experimental-enable-lease-checkpoint", "experimental-enable-lease-checkpoint-persist",
		"experimental-initial-corrupt-check", "experimental-memory-mlock",
		"experimental-peer-skip-client-san-verification", "experimental-stop-grpc-service-on-defrag",
		"experimental-txn-mode-write-with-shared-buffer":
		return true
	}
	return false
}

// matters reports whether this program uses a flag: how clients reach etcd, where its data and certificates are, which
// cluster it belongs to.
func matters(flag string) bool {
	flag = strings.TrimPrefix(flag, "peer-")
	switch flag {
	case "name", "config-file", "data-dir", "listen-client-urls", "listen-client-http-urls", "listen-peer-urls", "listen-metrics-urls",
		"advertise-client-urls", "initial-advertise-peer-urls", "initial-cluster", "initial-cluster-state", "initial-cluster-token",
		"cert-file", "key-file", "trusted-ca-file", "client-cert-file", "client-key-file", "client-cert-auth", "auto-tls",
		"quota-backend-bytes":
		return true
	}
	return false
}
