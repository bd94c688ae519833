package settings

import (
	"slices"
	"strings"
)

// The marks are the characters of Unicode's private use plane 15. No real setting contains them, and no shell operation
// on a value changes them.
const (
	firstMark = '\U000F0000'
	lastMark  = '\U000FFFFD'
)

// unknowns records what is unknown and why. A mark stands in for the unknown part of a value: one character that encodes
// the reason, so that the reason follows the value through every expansion.
type unknowns struct {
	reasons []string // a mark is firstMark plus the index
	sources []string // descriptions of sources that may hold any setting and could not be read
}

// mark returns the character that stands in for a part of a value that is unknown for this reason.
func (u *unknowns) mark(reason string) string {
	i := slices.Index(u.reasons, reason)
	if i < 0 {
		i = min(len(u.reasons), lastMark-firstMark)
		if i == len(u.reasons) {
			u.reasons = append(u.reasons, reason)
		}
	}
	return string(rune(firstMark + i))
}

// addSource records a source that may hold any setting and could not be read.
func (u *unknowns) addSource(text string) {
	if !slices.Contains(u.sources, text) {
		u.sources = append(u.sources, text)
	}
}

// reasonsFor returns the reasons for the unknown parts of a value.
func (u *unknowns) reasonsFor(value string) []string {
	var reasons []string
	for _, r := range value {
		if i := int(r - firstMark); isMark(r) && i < len(u.reasons) && !slices.Contains(reasons, u.reasons[i]) {
			reasons = append(reasons, u.reasons[i])
		}
	}
	return reasons
}

func isMark(r rune) bool { return r >= firstMark && r <= lastMark }

// known returns the value, or "" if any part of it is unknown.
func known(value string) string {
	for _, r := range value {
		if isMark(r) {
			return ""
		}
	}
	return value
}

// pattern returns the value with "*" for each unknown part.
func pattern(value string) string {
	return strings.Map(func(r rune) rune {
		if isMark(r) {
			return '*'
		}
		return r
	}, value)
}
