package cli

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// maxTypoDistance is the largest Levenshtein distance of a typo: cobra's default.
const maxTypoDistance = 2

// Unknown returns the error for an unknown name. It suggests the nearest known names, or else appends otherwise.
func Unknown(what, name string, known []string, otherwise string) error {
	return fmt.Errorf("unknown %s %q (%s)", what, name, cmp.Or(didYouMean(name, known), otherwise))
}

// didYouMean returns a question that suggests the nearest known names, or "" if none is near.
func didYouMean(name string, known []string) string {
	near := nearest(name, known)
	if len(near) == 0 {
		return ""
	}
	return "did you mean " + strings.Join(near, " or ") + "?"
}

// nearest returns the known names that begin with word, or else those with the smallest Levenshtein distance to it.
func nearest(word string, known []string) []string {
	if word == "" {
		return nil
	}
	word = strings.ToLower(word)
	var begun, near []string
	best := maxTypoDistance
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

// unknownName is an error about an unknown name, from a package that knows all valid ones and suggests none.
type unknownName interface {
	error
	Unknown() (name string, known []string)
}

// Suggest adds the nearest known names to an error about an unknown name. Other errors are returned unchanged.
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
