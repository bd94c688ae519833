package settings

// configFile replaces the settings by those of the config file, where there is one: etcd then ignores every other flag
// and its environment (server/etcdmain/config.go, parse).
func (r *reader) configFile(s *Settings) {
	if file := s.value("config-file"); file != "" {
		l := Locate(r.pod.Spec, r.container, file)
		r.doubt.source("config file " + file + " (" + l.Text + ")")
		s.flags, s.file = nil, true
	}
}
