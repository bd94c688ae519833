package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWithDescendants(t *testing.T) {
	all := []process{{2, 1, nil}, {3, 2, nil}, {4, 3, nil}, {5, 1, nil}, {6, 2, nil}}
	if diff := cmp.Diff([]int{2, 3, 6, 4}, withDescendants(all, 2)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
