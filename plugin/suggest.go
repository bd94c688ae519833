package plugin

import (
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearEnough is how many letters a typo may have wrong, as cobra counts by default.
const nearEnough = 2

// unknown says that there is no such thing, and what was probably meant; or else what to do.
func unknown(what, name string, known []string, otherwise string) error {
	if near := nearest(name, known); len(near) > 0 {
		otherwise = "did you mean " + strings.Join(near, " or ") + "?"
	}
	return fmt.Errorf("unknown %s %q (%s)", what, name, otherwise)
}

// nearest returns the names that a typo of them may have been, and those that it begins.
func nearest(name string, known []string) []string {
	var near []string
	for _, k := range known {
		if levenshtein.ComputeDistance(strings.ToLower(name), k) <= nearEnough || name != "" && strings.HasPrefix(k, strings.ToLower(name)) {
			near = append(near, k)
		}
	}
	return near
}

// unknownName is an error of a package that knows all names there are, but not what people mistype.
type unknownName interface {
	error
	Unknown() (name string, known []string)
}

// suggest adds to such an error what was probably meant.
func suggest(err error) error {
	var u unknownName
	if !errors.As(err, &u) {
		return err
	}
	near := nearest(u.Unknown())
	if len(near) == 0 {
		return err
	}
	return fmt.Errorf("%w; did you mean %s?", err, strings.Join(near, " or "))
}
