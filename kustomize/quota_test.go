package kustomize

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// The volume size that a quota is compared with is the rendered one.
func TestVolumeIsTheRendered(t *testing.T) {
	for _, overlay := range mustOverlays(t) {
		for _, storage := range []string{"", "64Gi"} {
			o := Options{Overlay: overlay.Name, Storage: storage}
			got, err := o.volume()
			if err != nil {
				t.Fatal(err)
			}
			want := decode(t, mustRender(t, o)).set.Spec.VolumeClaimTemplates[0].Spec.Resources.Requests[corev1.ResourceStorage]
			if got.Cmp(want) != 0 {
				t.Errorf("%s, storage %q: %s, and rendered is %s", overlay.Name, storage, got.String(), want.String())
			}
		}
	}
}

// A cluster's quota is kept in any notation. The default counts as unset.
func TestQuotaOf(t *testing.T) {
	for flag, want := range map[string]string{
		"": "", "0": "", "2147483648": "", "4294967296": "4Gi", "1000000000": "1000000000", "-1": "-1", "4Gi": "4Gi", "$(QUOTA)": "$(QUOTA)",
	} {
		if got := QuotaOf(flag); got != want {
			t.Errorf("%q: %q, want %q", flag, got, want)
		}
	}
}

// A quota that the user sets overrides the cluster's, and only the user's is compared with the volumes.
func TestKeepQuota(t *testing.T) {
	has := Options{Storage: "8Gi", Volume: "8Gi", Quota: "6Gi", Replicas: 2}
	if err := (Options{Overlay: "local"}).Keep(has).Validate(); err != nil {
		t.Errorf("what the cluster has is refused: %v", err)
	}
	if err := (Options{Overlay: "local", Quota: "6Gi"}).Keep(has).Validate(); err == nil {
		t.Error("a quota that leaves no room is accepted because other choices are kept")
	}
	if got := (Options{Overlay: "local", Quota: "3Gi"}).Keep(has); got.Quota != "3Gi" || got.Kept.Quota {
		t.Errorf("the choice is %q, kept %v", got.Quota, got.Kept)
	}
}
