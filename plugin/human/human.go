// Package human formats numbers for people.
package human

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

// Percent formats a share between 0 and 1 as a percentage.
func Percent(share float64) string {
	if share > 0 && share < 0.01 {
		return "less than 1 %"
	}
	return fmt.Sprintf("%.0f %%", 100*share)
}

// Bytes formats a size in bytes with IEC units. A negative size is formatted as 0 B.
func Bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }
