package settings

import (
	"os"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Etcdctl returns the value of an etcdctl flag (named without dashes), or "": first from the container's ETCDCTL_
// variables, then from the etcdctl command lines of its probes. The spec has no other settings for a client.
func (s Settings) Etcdctl(c corev1.Container, flag string) string {
	if value := s.Env("ETCDCTL_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))); value != "" {
		return value
	}
	for _, p := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe, c.StartupProbe} {
		if p == nil || p.Exec == nil {
			continue
		}
		flags, _ := parseArgs(etcdctlArgs(p.Exec.Command))
		if value := flags[flag]; value != "" {
			return os.Expand(value, s.Env)
		}
	}
	return ""
}

// etcdctlArgs returns the arguments of etcdctl in a command, which calls it directly or in a short script.
func etcdctlArgs(command []string) []string {
	unquote := strings.NewReplacer(`"`, "", `'`, "", `\`, "")
	words := strings.Fields(unquote.Replace(strings.Join(command, " ")))
	for i, w := range words {
		if path.Base(w) == "etcdctl" {
			return words[i+1:]
		}
	}
	return nil
}
