package cli

import (
	"runtime"
	"runtime/debug"

	"github.com/kubectl-etcd/kubectl-etcd/plugin/report"
)

// Version returns the plugin's own version, as the Go toolchain stamped it from the release's tag.
func Version() string { return BuildInfo().Plugin }

// BuildInfo returns the program's version, the commit that it was built from, its Go version and its platform.
func BuildInfo() report.Version {
	v := report.Version{
		Meta: report.NewMeta("Version"), Plugin: "(devel)",
		GoVersion: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH,
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Plugin = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = s.Value
		case "vcs.time":
			v.CommitTime = s.Value
		case "vcs.modified":
			v.Modified = s.Value == "true"
		}
	}
	return v
}
