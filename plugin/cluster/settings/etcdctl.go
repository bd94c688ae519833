package settings

import (
	"os"
	"path"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// Etcdctl returns the value of a flag of etcdctl, without dashes, as the container's variables have it for whoever runs
// one there, or as its probes call one; or "". What is meant for a client can be told from nothing else.
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

// etcdctlArgs returns what a command gives to etcdctl, where it calls that: itself, or in a script of a line or two.
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
