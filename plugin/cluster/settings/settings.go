// Package settings tells whether a container runs an etcd server and how that server is configured: from the pod's
// spec and the ConfigMaps that it refers to. It only reads; no script is run, no Secret is opened.
package settings

import (
	"context"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Objects hands out what a pod's spec refers to, from the pod's own namespace. An error that is IsNotFound or
// IsForbidden makes values unknown; any other ends the reading.
type Objects interface {
	ConfigMap(ctx context.Context, name string) (*corev1.ConfigMap, error)
}

// Settings are what an etcd server was started with.
type Settings struct {
	flags map[string]string // the arguments, or the content of the config file
	env   map[string]string
	file  bool // flags are a config file's: then etcd reads no environment
	doubt doubt
	fault string
}

// Read reads the settings of the etcd in a container of a pod. The pod may be one that a template would make: without a
// status, its addresses are unknown.
func Read(ctx context.Context, pod *corev1.Pod, c corev1.Container, objects Objects) (Settings, error) {
	r := &reader{pod: pod, container: c, objects: objects, configMaps: map[string]answer{}}
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
	for _, why := range r.doubt.of(strings.Join(rest, "")) {
		r.doubt.source(why)
	}
	if !found && imageName(c.Image) == "etcd-wrapper" {
		err = r.wrapperConfig(ctx, &s)
	} else {
		err = r.configFile(ctx, &s)
	}
	if err != nil {
		return Settings{}, err
	}
	s.doubt = r.doubt
	if s.fault == "" {
		s.fault = r.missing
	}
	return s, nil
}

// reader is one reading of one container.
type reader struct {
	pod        *corev1.Pod
	container  corev1.Container
	objects    Objects
	configMaps map[string]answer // those asked for so far
	doubt      doubt
	missing    string // a file that a ConfigMap was to bring, and which it does not have
}

// Get returns the value of a flag of etcd (without dashes), or "" where it is unset, or any part of it is unknown.
func (s Settings) Get(flag string) string { return known(s.value(flag)) }

// Pattern is like Get with "*" for each part that is unknown: https://*:2379 still tells scheme and port.
func (s Settings) Pattern(flag string) string { return pattern(s.value(flag)) }

// FromEnv reports whether etcd takes the value of a flag from its variable, or would.
func (s Settings) FromEnv(flag string) bool {
	_, argument := s.flags[flag]
	return !argument && !s.file
}

// Bool reports whether a boolean flag is on.
func (s Settings) Bool(flag string) bool {
	on, err := strconv.ParseBool(s.Get(flag))
	return err == nil && on
}

// Fault says what keeps etcd from starting, where the spec and its ConfigMaps alone tell: how the command is written, or a
// file that is not there. It has no value of a flag.
func (s Settings) Fault() string { return s.fault }

// Env returns a variable of the container's environment, or "" where it is unset or unknown.
func (s Settings) Env(name string) string { return known(s.env[name]) }

// Variables returns the names of the variables in the container's environment that begin with prefix, also of those
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

// Unknown says, for people, what could not be told and why: first what may hold any setting, then the flags with an
// unknown value.
func (s Settings) Unknown() []string {
	texts := slices.Clone(s.doubt.sources)
	flags := make([]string, 0, len(s.flags)+len(s.env))
	for flag := range s.flags {
		flags = append(flags, flag)
	}
	for name := range s.env {
		if flag, ok := flagOf(name); ok && matters(flag) { // not the like of ETCD_ROOT_PASSWORD
			flags = append(flags, flag)
		}
	}
	slices.Sort(flags)
	for _, flag := range slices.Compact(flags) {
		for _, why := range s.doubt.of(s.value(flag)) {
			texts = append(texts, "--"+flag+": "+why)
		}
	}
	return texts
}

// value combines the sources as etcd does: a flag beats its variable, an empty variable counts for nothing (etcd,
// pkg/flags/flag.go, setFlagFromEnv), and beside a config file neither counts (server/etcdmain/config.go, parse).
func (s Settings) value(flag string) string {
	if value, ok := s.flags[flag]; ok || s.file {
		return value
	}
	return s.env[envOf(flag)]
}

// envOf is the variable of a flag, as etcd derives it (pkg/flags/flag.go, FlagToEnv).
func envOf(flag string) string {
	return "ETCD_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

func flagOf(env string) (string, bool) {
	name, ok := strings.CutPrefix(env, "ETCD_")
	return strings.ToLower(strings.ReplaceAll(name, "_", "-")), ok
}
