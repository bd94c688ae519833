package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// nearEnough is how many letters a typo may have wrong, as cobra counts by default.
const nearEnough = 2

// Unknown says that there is no such thing, and what was probably meant; or else what to do.
func Unknown(what, name string, known []string, otherwise string) error {
	return fmt.Errorf("unknown %s %q (%s)", what, name, cmp.Or(didYouMean(name, known), otherwise))
}

// didYouMean asks whether one of the nearest names was meant; empty where none is near.
func didYouMean(name string, known []string) string {
	near := nearest(name, known)
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// nearest returns the names that a word begins, or else those that it is the likeliest typo of.
func nearest(word string, known []string) []string {
	if word == "" {
		return nil
	}
	word = strings.ToLower(word)
	var begun, near []string
	best := nearEnough
	for _, k := range known {
		if strings.HasPrefix(k, word) {
			begun = append(begun, k)
		}
		distance := levenshtein.ComputeDistance(word, k)
		if distance >= len(k) || distance > best {
			continue
		}
		if distance < best {
			near, best = nil, distance
		}
		near = append(near, k)
	}
	if len(begun) > 0 {
		return begun
	}
	return near
}

// unknownName is an error of a package that knows all names there are, but not what people mistype.
type unknownName interface {
	error
	Unknown() (name string, known []string)
}

// Suggest adds to such an error what was probably meant.
func Suggest(err error) error {
	var u unknownName
	if !errors.As(err, &u) {
		return err
	}
	if question := didYouMean(u.Unknown()); question != "" {
		return fmt.Errorf("%w (%s)", err, question)
	}
	return err
}
