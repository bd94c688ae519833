// Package base embeds the kustomize base of an etcd cluster: the same files that
// "kubectl apply -k" reads.
package base

import "embed"

// Files is the base, one YAML file per concern.
//
//go:embed *.yaml
var Files embed.FS
