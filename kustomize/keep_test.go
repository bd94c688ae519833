package kustomize

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// An option that is on in the cluster stays on if the user does not set it.
func TestKeepWhatIsOn(t *testing.T) {
	for name, has := range map[string]Options{
		"nothing":    {},
		"policy":     {NetworkPolicy: true},
		"drillable":  {Drillable: true},
		"quota":      {Quota: "4Gi", Kept: Kept{Quota: true}},
		"everything": {NetworkPolicy: true, Drillable: true},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(has, Options{}.Keep(has)); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(has, has.Keep(Options{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}
