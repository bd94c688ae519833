// Package completion embeds the program that kubectl runs to complete "kubectl etcd". It is installed in the PATH, next to
// kubectl-etcd.
package completion

import _ "embed"

// Script is that program for a POSIX shell.
//
//go:embed kubectl_complete-etcd
var Script []byte

// Batch is that program for Windows, where kubectl finds it through PATHEXT.
//
//go:embed kubectl_complete-etcd.cmd
var Batch []byte
