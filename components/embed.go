// Package components embeds the optional kustomize Components.
package components

import "embed"

// Files has one folder per component.
//
//go:embed */*.yaml
var Files embed.FS
