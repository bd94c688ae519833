// Package overlays embeds one kustomize overlay per cloud. A new cloud needs only a
// folder of YAML files here.
package overlays

import "embed"

// Files has one folder per overlay.
//
//go:embed */*.yaml
var Files embed.FS
