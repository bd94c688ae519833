package settings

import "strings"

// parseArgs reads etcd's arguments as Go's flag package does, which etcd uses (server/etcdmain/config.go, newConfig): one
// dash or two, "--x=y" or "--x y", the last one wins, and a boolean flag never takes the next word. Other than there a
// word that is no flag ends nothing: it may be what an unknown variable stood for. Those words are the rest.
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
			// No value of etcd's begins with two dashes, so before another flag stands a boolean one that is not known here.
			i++
			flags[name] = args[i]
		default:
			flags[name] = "true"
		}
	}
	return flags, rest
}

// isBool reports whether a flag of etcd 3.4 to 3.7 is boolean (server/embed/config.go, AddFlags; etcdmain/config.go). Of
// those with "experimental-" before it, all but these take a value.
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

// matters reports whether a flag says how etcd is reached, where its data and certificates are or which cluster it is in.
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
