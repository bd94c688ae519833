package image

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	for image, want := range map[string][3]string{
		"":                                      {},
		"etcd":                                  {"etcd", "", ""},
		"etcd:v3.7.3":                           {"etcd", "v3.7.3", ""},
		"registry:5000/etcd":                    {"registry:5000/etcd", "", ""},
		"registry:5000/a/etcd:v3.7.3":           {"registry:5000/a/etcd", "v3.7.3", ""},
		"registry:5000/etcd@sha256:0123":        {"registry:5000/etcd", "", "sha256:0123"},
		"registry:5000/etcd:v3.7.3@sha256:0123": {"registry:5000/etcd", "v3.7.3", "sha256:0123"},
	} {
		repository, tag, digest := Split(image)
		if diff := cmp.Diff(want, [3]string{repository, tag, digest}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", image, diff)
		}
	}
}
