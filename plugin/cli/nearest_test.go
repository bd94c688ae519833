package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestNearest(t *testing.T) {
	known := []string{"gke", "eks", "aks", "local", "move-leader"}
	for name, want := range map[string][]string{
		"gek":         {"gke", "eks"}, // distance 2 to each
		"gk":          {"gke"},        // a prefix
		"lcl":         {"local"},
		"lcoal":       {"local"},
		"LOCAL":       {"local"},
		"move":        {"move-leader"},
		"move_leader": {"move-leader"},
		"moon":        nil,
		"":            nil,
	} {
		if diff := cmp.Diff(want, nearest(name, known)); diff != "" {
			t.Errorf("%q: %s", name, diff)
		}
	}
}
