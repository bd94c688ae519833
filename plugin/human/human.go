// Package human writes figures for people.
package human

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

// Percent prints a share for people.
func Percent(share float64) string {
	if share > 0 && share < 0.01 {
		return "less than 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// Bytes prints a size for people; one below zero is none.
func Bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
