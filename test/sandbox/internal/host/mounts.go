package host

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// UnmountBelow unmounts every mount at or below the directory, the last one first.
func UnmountBelow(ctx context.Context, dir string) error {
	table, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return err
	}
	points := mountsBelow(string(table), dir)
	for i := len(points) - 1; i >= 0; i-- {
		if err := Run(ctx, "umount", "--lazy", points[i]); err != nil {
			return fmt.Errorf("unmount: %w", err)
		}
	}
	return nil
}

// mountsBelow returns the mount points at or below dir in a mountinfo table.
func mountsBelow(table, dir string) []string {
	var points []string
	for _, line := range strings.Split(table, "\n") {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		point := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(fields[4])
		if point == dir || strings.HasPrefix(point, dir+"/") {
			points = append(points, point)
		}
	}
	return points
}
