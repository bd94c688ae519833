package settings

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sigs.k8s.io/yaml"
)

// configFile replaces the settings by those of the config file, if there is one: etcd then ignores all other flags and
// its environment (server/etcdmain/config.go, parse).
func (r *reader) configFile(ctx context.Context, s *Settings) error {
	file := s.value("config-file")
	if file == "" {
		return nil
	}
	s.flags, s.file = nil, true
	unknown := func(why string) { r.unknowns.addSource(fmt.Sprintf("config file %s (%s)", pattern(file), why)) }
	if known(file) == "" {
		unknown(strings.Join(r.unknowns.reasonsFor(file), ", "))
		return nil
	}
	text, why, err := r.file(ctx, file)
	if err != nil {
		return err
	}
	if why == "" {
		s.flags, why = parseConfig(text, r.pod.Name)
	}
	if why != "" {
		unknown(why)
	}
	return nil
}

// wrapperConfig reads the settings of etcd-druid's wrapper. The wrapper gets its config file from its sidecar, which
// reads it from a ConfigMap among the pod's volumes (gardener/etcd-backup-restore, pkg/server, serveConfig).
func (r *reader) wrapperConfig(ctx context.Context, s *Settings) error {
	for _, v := range r.pod.Spec.Volumes {
		if v.ConfigMap == nil {
			continue
		}
		cm, _, err := r.configMap(ctx, v.ConfigMap.Name)
		if err != nil {
			return err
		}
		if cm == nil || cm.Data["etcd.conf.yaml"] == "" {
			continue
		}
		flags, why := parseConfig(cm.Data["etcd.conf.yaml"], r.pod.Name)
		if why == "" {
			flags["name"] = r.pod.Name
			s.flags, s.file, r.unknowns = flags, true, unknowns{}
		}
	}
	return nil
}

// parseConfig returns the content of a config file as flags, or why it cannot be read. The keys are the flags' names,
// except those of TLS (server/embed/config.go, configYAML and securityConfig). In etcd-druid's config file, a value that
// differs between members is a map from pod name to value.
func parseConfig(text, pod string) (flags map[string]string, why string) {
	var config map[string]any
	digits := func(d *json.Decoder) *json.Decoder { d.UseNumber(); return d } // 2147483648, not 2.147483648e+09
	if err := yaml.Unmarshal([]byte(text), &config, digits); err != nil {
		return nil, fmt.Sprintf("not YAML: %v", err)
	}
	flags = map[string]string{}
	for key, value := range config {
		switch section, ok := value.(map[string]any); {
		case !ok:
			flags[key] = scalar(value)
		case key == "client-transport-security":
			addSecurity(flags, "", section)
		case key == "peer-transport-security":
			addSecurity(flags, "peer-", section)
		case section[pod] != nil:
			flags[key] = scalar(section[pod])
		}
	}
	return flags, ""
}

func addSecurity(flags map[string]string, prefix string, section map[string]any) {
	for key, value := range section {
		flag := prefix + key
		if key == "allowed-cn" || key == "allowed-hostname" {
			flag = map[string]string{"": "client-cert-", "peer-": "peer-cert-"}[prefix] + key
		}
		flags[flag] = scalar(value)
	}
}

// scalar formats a value as its flag takes it: a list is joined with commas.
func scalar(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case []any:
		texts := make([]string, len(v))
		for i, e := range v {
			texts[i] = scalar(e)
		}
		return strings.Join(texts, ",")
	}
	return fmt.Sprint(value)
}
