package render

import "github.com/kubectl-etcd/kubectl-etcd/plugin/report"

type authChangeDocument struct{ *report.AuthChange }

// AuthChange draws report.AuthChange.
func AuthChange(a *report.AuthChange) Document { return authChangeDocument{a} }

type authSwitchDocument struct{ report.AuthSwitch }

// AuthSwitch draws report.AuthSwitch.
func AuthSwitch(a report.AuthSwitch) Document { return authSwitchDocument{a} }

// Sections implements Document.
func (c authChangeDocument) Sections(bool) []Section {
	texts := make([]string, len(c.Changes))
	for i, what := range c.Changes {
		texts[i] = c.Object + " " + what
	}
	return lines(texts...)
}

// Sections implements Document.
func (s authSwitchDocument) Sections(bool) []Section {
	state := "off"
	if s.Enabled {
		state = "on"
	}
	if !s.Changed {
		return lines("authentication of " + s.Cluster + " is already " + state)
	}
	texts := []string{"authentication of " + s.Cluster + " is " + state}
	if !s.Enabled {
		return lines(texts[0] + ": anyone who reaches etcd may do everything; users and roles are kept")
	}
	switch {
	case s.Root.By == "certificate":
		texts = append(texts, `user root authenticates with the client certificate, whose common name is "root"`)
	case s.Root.Secret != "":
		texts = append(texts, "user root's password is in secret "+s.Root.Secret)
	default:
		texts = append(texts, "user root has the password that was given")
	}
	if s.Root.Flags != "" {
		texts = append(texts, "from now on, give commands "+s.Root.Flags+" to run them as root")
	}
	return lines(texts...)
}
