package settings

import (
	"slices"
	"strings"
)

// firstMark is where the private use plane begins: no setting of anybody's has such characters, and every operation of
// a shell on a value leaves them alone.
const (
	firstMark = '\U000F0000'
	lastMark  = '\U000FFFFD'
)

// doubt remembers what could not be told. An unknown part of a value is a mark: one character that stands for its
// reason, and so survives in whatever the value is put into.
type doubt struct {
	reasons []string // a mark is firstMark plus the index
	sources []string // what may hold any setting, and could not be read
}

// mark returns what stands in a value for a part that is unknown for this reason.
func (d *doubt) mark(reason string) string {
	i := slices.Index(d.reasons, reason)
	if i < 0 {
		i = min(len(d.reasons), lastMark-firstMark)
		if i == len(d.reasons) {
			d.reasons = append(d.reasons, reason)
		}
	}
	return string(rune(firstMark + i))
}

// source notes that something which may hold settings could not be read.
func (d *doubt) source(text string) {
	if !slices.Contains(d.sources, text) {
		d.sources = append(d.sources, text)
	}
}

// of returns the reasons for what is unknown in a value.
func (d *doubt) of(value string) []string {
	var reasons []string
	for _, r := range value {
		if i := int(r - firstMark); isMark(r) && i < len(d.reasons) && !slices.Contains(reasons, d.reasons[i]) {
			reasons = append(reasons, d.reasons[i])
		}
	}
	return reasons
}

func isMark(r rune) bool { return r >= firstMark && r <= lastMark }

// known returns a value without unknown parts, or "".
func known(value string) string {
	for _, r := range value {
		if isMark(r) {
			return ""
		}
	}
	return value
}

// pattern returns a value with "*" for each part that is unknown.
func pattern(value string) string {
	return strings.Map(func(r rune) rune {
		if isMark(r) {
			return '*'
		}
		return r
	}, value)
}
