// Package base holds the kustomize base of an etcd cluster: the very files that
// "kubectl apply -k" reads are compiled into the binary.
package base

import "embed"

// Files is the base, one YAML file per concern.
//
//go:embed *.yaml
var Files embed.FS
