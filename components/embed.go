// Package components holds the optional kustomize Components.
package components

import "embed"

// Files has a folder for each component.
//
//go:embed */*.yaml
var Files embed.FS
