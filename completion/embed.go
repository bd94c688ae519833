// Package completion holds the program by which kubectl completes "kubectl etcd": it stands beside kubectl-etcd in the PATH.
package completion

import _ "embed"

// Script is that program, for a shell as POSIX has it.
//
//go:embed kubectl_complete-etcd
var Script []byte

// Batch is that program for Windows, where kubectl finds it by PATHEXT.
//
//go:embed kubectl_complete-etcd.cmd
var Batch []byte
