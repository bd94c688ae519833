package kustomize

import (
	"strings"

	"github.com/kubectl-etcd/kubectl-etcd/base"
)

// previousVersion is the newest release of the minor version before the default version's, as of the time when the
// default was chosen (https://github.com/etcd-io/etcd/releases).
const previousVersion = "3.6.16"

// Versions returns the etcd versions to offer, the default first: the newest release of each minor version that etcd
// maintains. Options.EtcdVersion accepts others too.
func Versions() []string {
	manifest, err := base.Files.ReadFile("statefulset.yaml")
	if err != nil {
		return nil
	}
	_, image, _ := strings.Cut(string(manifest), " image: ")
	image, _, _ = strings.Cut(image, "\n")
	_, tag, found := strings.Cut(image, ":v")
	if !found {
		return nil
	}
	return []string{tag, previousVersion}
}
