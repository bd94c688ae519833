// Package overlays holds one kustomize overlay per cloud: a folder of YAML files
// here is all that a new cloud needs.
package overlays

import "embed"

// Files has a folder for each overlay.
//
//go:embed */*.yaml
var Files embed.FS
