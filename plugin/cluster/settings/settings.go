// Package settings finds out whether a container runs an etcd server and how that server is configured. Its evidence is
// the pod's spec and the ConfigMaps that the spec refers to. It runs no script and reads no Secret.
package settings

import (
	"context"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Objects returns the objects that a pod's spec refers to, from the pod's namespace. An error that is IsNotFound or
// IsForbidden makes values unknown; Read returns any other error.
type Objects interface {
	ConfigMap(ctx context.Context, name string) (*corev1.ConfigMap, error)
}

// Settings are the flags and variables that an etcd server was started with.
type Settings struct {
	flags    map[string]string // from the arguments or from the config file
	env      map[string]string
	file     bool // flags are from a config file: etcd then ignores the environment
	unknowns unknowns
	fault    string
}

// Read returns the settings of the etcd in a container of a pod. The pod may be built from a template: it has no status
// then, so its addresses are unknown.
func Read(ctx context.Context, pod *corev1.Pod, c corev1.Container, objects Objects) (Settings, error) {
	r := &reader{pod: pod, container: c, objects: objects, configMaps: map[string]configMapResult{}}
	env, err := r.environment(ctx)
	if err != nil {
		return Settings{}, err
	}
	started, found, err := r.start(ctx, env)
	if err != nil {
		return Settings{}, err
	}
	s := Settings{env: started.env, fault: started.fault()}
	var rest []string
	s.flags, rest = parseArgs(started.args)
	for _, why := range r.unknowns.reasonsFor(strings.Join(rest, "")) {
		r.unknowns.addSource(why)
	}
	if !found && imageName(c.Image) == "etcd-wrapper" {
		err = r.wrapperConfig(ctx, &s)
	} else {
		err = r.configFile(ctx, &s)
	}
	if err != nil {
		return Settings{}, err
	}
	s.unknowns = r.unknowns
	if s.fault == "" {
		s.fault = r.missingFile
	}
	return s, nil
}

// reader holds the state of one call of Read.
type reader struct {
	pod         *corev1.Pod
	container   corev1.Container
	objects     Objects
	configMaps  map[string]configMapResult // cache, by name
	unknowns    unknowns
	missingFile string // message about a file whose key the mounted ConfigMap does not have, or ""
}

// Get returns the value of an etcd flag (named without dashes), or "" if it is unset or any part of it is unknown.
func (s Settings) Get(flag string) string { return known(s.value(flag)) }

// Pattern is like Get, but puts "*" for each unknown part: https://*:2379 still shows scheme and port.
func (s Settings) Pattern(flag string) string { return pattern(s.value(flag)) }

// FromEnv reports whether etcd reads a flag from its environment variable, set or not.
func (s Settings) FromEnv(flag string) bool {
	_, argument := s.flags[flag]
	return !argument && !s.file
}

// Bool reports whether a boolean flag is on.
func (s Settings) Bool(flag string) bool {
	on, err := strconv.ParseBool(s.Get(flag))
	return err == nil && on
}

// Fault returns why etcd cannot start, or "". It covers what the spec and its ConfigMaps show: a malformed command or a
// missing file. The text contains no flag's value.
func (s Settings) Fault() string { return s.fault }

// Env returns a variable of the container's environment, or "" if it is unset or unknown.
func (s Settings) Env(name string) string { return known(s.env[name]) }

// Variables returns the sorted names of the container's environment variables that begin with prefix, including those
// that are empty or unknown.
func (s Settings) Variables(prefix string) []string {
	var names []string
	for name := range s.env {
		if strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Unknown returns messages for the user about what is unknown and why: first the sources that may hold any setting and
// could not be read, then the flags with an unknown value.
func (s Settings) Unknown() []string {
	texts := slices.Clone(s.unknowns.sources)
	flags := make([]string, 0, len(s.flags)+len(s.env))
	for flag := range s.flags {
		flags = append(flags, flag)
	}
	for name := range s.env {
		if flag, ok := flagOf(name); ok && matters(flag) { // skips variables such as ETCD_ROOT_PASSWORD
			flags = append(flags, flag)
		}
	}
	slices.Sort(flags)
	for _, flag := range slices.Compact(flags) {
		for _, why := range s.unknowns.reasonsFor(s.value(flag)) {
			texts = append(texts, "--"+flag+": "+why)
		}
	}
	return texts
}

// value combines the sources as etcd does. A flag overrides its variable, and etcd ignores an empty variable (etcd,
// pkg/flags/flag.go, setFlagFromEnv). With a config file it ignores both (server/etcdmain/config.go, parse).
func (s Settings) value(flag string) string {
	if value, ok := s.flags[flag]; ok || s.file {
		return value
	}
	return s.env[envOf(flag)]
}

// envOf returns the name of a flag's variable, as etcd derives it (pkg/flags/flag.go, FlagToEnv).
func envOf(flag string) string {
	return "ETCD_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func flagOf(env string) (string, bool) {
	name, ok := strings.CutPrefix(env, "ETCD_")
	return strings.ToLower(strings.ReplaceAll(name, "_", "-")), ok
}
