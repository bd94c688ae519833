package bringup

import (
	"fmt"
	"strings"

	"github.com/blang/semver/v4"
)

// checkVersions returns an error for a change of etcd's version that etcd does not support. It supports upgrades by one minor
// version, and no downgrade in place (https://etcd.io/docs/latest/upgrades/).
func checkVersions(name, from, to string) error {
	have, haveErr := semver.Parse(strings.TrimPrefix(from, "v"))
	want, wantErr := semver.Parse(strings.TrimPrefix(to, "v"))
	if haveErr != nil || wantErr != nil {
		return nil // a tag that is no version cannot be checked
	}
	switch {
	case want.Major != have.Major, want.Minor > have.Minor+1:
		return fmt.Errorf("cluster %q runs etcd %s: %s is more than one minor version away (upgrade through each minor version)", name, have, want)
	case want.Minor < have.Minor:
		return fmt.Errorf("cluster %q runs etcd %s: a downgrade to %s needs etcd's downgrade procedure, not a new image", name, have, want)
	}
	return nil
}
