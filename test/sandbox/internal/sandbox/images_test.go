package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubectl-etcd/kubectl-etcd/test/sandbox/internal/programs"
)

// The core has only the newest etcd. Both lists together have every version once.
func TestImagesOfTheCoreAndTheExtras(t *testing.T) {
	references := func(l imageList) []string {
		var list []string
		for _, i := range l.images {
			list = append(list, i.Reference)
		}
		return list
	}
	built := &programs.Built{}
	etcd := "gcr.io/etcd-development/etcd:"
	want := []string{"registry.k8s.io/pause:3.10.1", "ghcr.io/kubectl-etcd/drill-agent:v1", etcd + "v3.7.3"}
	if diff := cmp.Diff(want, references(coreImages(built))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{etcd + "v3.5.35", etcd + "v3.6.16"}, references(extraImages(built))); diff != "" {
		t.Error(diff)
	}
}
